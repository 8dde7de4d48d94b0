using System.Text;

namespace Gatehouse;

/// <summary>The unique id of an application: a UUID in upper case, as in <c>D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6</c>.</summary>
public readonly record struct AppId
{
    private const int Length = 36;

    private readonly string? value;

    private AppId(string value) => this.value = value;

    /// <summary>A new random id.</summary>
    public static AppId Generate() => From(Guid.NewGuid());

    /// <summary>The id that a text is, or null where it is none. Lower case is taken too.</summary>
    public static AppId? TryParse(string? text) =>
        Guid.TryParseExact(text, "D", out var id) ? From(id) : null;

    /// <summary>The id with these 16 bytes.</summary>
    public static AppId From(Guid id) => new(string.Create(Length, id, static (text, id) =>
    {
        id.TryFormat(text, out _);
        Ascii.ToUpperInPlace(text, out _);
    }));

    /// <summary>The id's 16 bytes.</summary>
    public Guid ToGuid() => Guid.Parse(ToString());

    /// <summary>The id as the platform writes it.</summary>
    public override string ToString() => value ?? throw new InvalidOperationException("No application id was given.");
}
