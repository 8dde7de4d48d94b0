using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The parts of a multipart/form-data body (RFC 7578), kept in memory only, because they hold keys and passwords.</summary>
/// <remarks>A part is a slice of the body, so a form takes no more memory than its body.</remarks>
internal sealed class MultipartForm
{
    /// <summary>The most bytes of a text part: 4 KiB.</summary>
    public const int TextSize = 4 * 1024;

    // The charset of the texts whose parts name none (RFC 7578, section 4.6).
    private const string DefaultCharset = "_charset_";

    private readonly Dictionary<string, FormPart> parts = new(StringComparer.Ordinal);

    private MultipartForm(IEnumerable<FormPart> read)
    {
        foreach (var part in read)
            if (!parts.TryAdd(part.Name, part)) throw Malformed($"two of its parts have the name {MultipartFaults.Shown(part.Name)}");
    }

    /// <summary>Whether the body's <c>Content-Type</c> is multipart/form-data, well-formed or not.</summary>
    public static bool IsSent(HttpRequest request) => FormContentType.IsForm(request);

    /// <summary>Reads the body; null where its <c>Content-Type</c> is not multipart/form-data.</summary>
    /// <exception cref="RequestException">The body is too large, or not a valid form.</exception>
    public static async Task<MultipartForm?> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!IsSent(request)) return null;
        var boundary = FormContentType.BoundaryOf(request);
        return new(MultipartReading.Parse(boundary, await RequestBody.ReadAsync(request, RequestBody.MultipartLimit, cancellation)));
    }

    /// <summary>Reads the body of a route that takes forms only; null where the body is not a form at all.</summary>
    /// <exception cref="RequestException">As <see cref="ReadAsync"/>; or the body is a form of another <c>Content-Type</c>.</exception>
    public static async Task<MultipartForm?> ReadOnlyFormAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (await ReadAsync(request, cancellation) is { } form) return form;
        var body = await RequestBody.ReadAsync(request, RequestBody.MultipartLimit, cancellation);
        return FormContentType.Mistake(request, body.Span) is { } mistake ? throw RequestException.MalformedBody(mistake) : null;
    }

    /// <summary>Requires that there are no other parts than the named ones.</summary>
    /// <exception cref="RequestException">There is one.</exception>
    public void RequireKnown(params IReadOnlyCollection<string> known)
    {
        foreach (var name in parts.Keys)
            if (name != DefaultCharset && !known.Contains(name, StringComparer.Ordinal)) throw KnownNames.UnknownField(name, known);
    }

    /// <summary>Each part's name and content, in the order of names: the same for forms that differ in boundary or order only.</summary>
    public ReadOnlyMemory<byte>[] Content() =>
    [
        .. parts.Values.OrderBy(part => part.Name, StringComparer.Ordinal).SelectMany(Content),
    ];

    /// <summary>The bytes of a part, which can be none; null where it is missing.</summary>
    public ReadOnlyMemory<byte>? File(string name) =>
        // Without the cast, here and below, null would become an empty file.
        parts.TryGetValue(name, out var part) ? part.Content : (ReadOnlyMemory<byte>?)null;

    /// <summary>The same, and null for no bytes: browsers send an empty part for a file that was not chosen.</summary>
    public ReadOnlyMemory<byte>? ChosenFile(string name) => File(name) is { Length: > 0 } file ? file : (ReadOnlyMemory<byte>?)null;

    /// <summary>The text of a part, in its charset; null where it is missing.</summary>
    /// <exception cref="RequestException">The part is longer than <see cref="TextSize"/>, or not text in its charset.</exception>
    public string? Text(string name)
    {
        if (!parts.TryGetValue(name, out var part)) return null;
        if (part.Content.Length > TextSize) throw RequestException.TooLong(name, TextSize);
        return FormText.Read(name, part.Content.Span, CharsetOf(part));
    }

    /// <summary>The boolean of a part; null where it is missing.</summary>
    /// <exception cref="RequestException">
    /// The part is neither true nor false. An empty one is neither: some languages write false as an empty text.
    /// </exception>
    public bool? Boolean(string name) => Text(name)?.Trim() switch
    {
        null => null,
        var text when bool.TryParse(text, out var value) => value,
        _ => throw RequestException.NotBoolean(name),
    };

    /// <summary>The refusal of a body that is not a valid form.</summary>
    internal static RequestException Malformed(string why) =>
        RequestException.MalformedBody($"The body is not valid multipart/form-data: {why}.");

    private string? CharsetOf(FormPart part)
    {
        if (part.ContentType is { } text)
        {
            if (!MediaTypeHeaderValue.TryParse(text, out var type)) throw Malformed($"the Content-Type of {part.Name} cannot be read");
            if (HeaderUtilities.RemoveQuotes(type.Charset).Value is { Length: > 0 } charset) return charset;
        }
        return parts.TryGetValue(DefaultCharset, out var all) && all.Content.Length <= TextSize
            ? Encoding.ASCII.GetString(all.Content.Span).Trim()
            : null;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Content(FormPart part)
    {
        yield return Encoding.UTF8.GetBytes(part.Name);
        yield return part.Content;
        // The same bytes in another charset are another text.
        if (part.ContentType?.Contains("charset", StringComparison.OrdinalIgnoreCase) == true)
            yield return Encoding.UTF8.GetBytes(part.ContentType);
    }
}
