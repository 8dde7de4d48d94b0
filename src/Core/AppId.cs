using System.Buffers;
using System.Text;

namespace Gatehouse;

/// <summary>
/// The unique id of an application: an upper-case UUID, such as <c>D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6</c>.
/// </summary>
public readonly record struct AppId
{
    private const int Length = 36;
    private const int Hyphens = 4;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789ABCDEF-");

    private readonly string? value;

    private AppId(string value) => this.value = value;

    /// <summary>A new random id.</summary>
    public static AppId Generate() => From(Guid.NewGuid());

    /// <summary>Parses an id; null where the text is not one. Lower case is accepted.</summary>
    public static AppId? TryParse(ReadOnlySpan<char> text) =>
        IsWritten(text) ? new AppId(text.ToString())
        : Guid.TryParseExact(text, "D", out var id) ? From(id)
        : null;

    /// <summary>The id with these 16 bytes.</summary>
    public static AppId From(Guid id) => new(string.Create(Length, id, static (text, id) =>
    {
        id.TryFormat(text, out _);
        Ascii.ToUpperInPlace(text, out _);
    }));

    /// <summary>The id's 16 bytes.</summary>
    public Guid ToGuid() => Guid.Parse(ToString());

    // Most texts are ids that were written here: a list of a hundred reads a hundred of them.
    private static bool IsWritten(ReadOnlySpan<char> text) =>
        text.Length == Length && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
        && !text.ContainsAnyExcept(Characters) && text.Count('-') == Hyphens;

    /// <summary>The id as the platform writes it.</summary>
    public override string ToString() => value ?? throw new InvalidOperationException("The application id has no value.");
}
