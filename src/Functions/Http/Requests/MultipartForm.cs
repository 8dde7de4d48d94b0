using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The parts of a multipart/form-data body (RFC 7578), kept in memory only, because they hold keys and passwords.</summary>
/// <remarks>A part is a slice of the body, so a form takes no more memory than its body.</remarks>
internal sealed class MultipartForm
{
    /// <summary>The most bytes of a text part: 4 KiB.</summary>
    public const int TextSize = 4 * 1024;

    private const int MostParts = 32;
    private const int MostHeadersPerPart = 16;
    private const int HeaderSize = 8 * 1024;
    private const int MostBoundaryCharacters = 70;
    private const int BufferSize = 16 * 1024;

    private readonly Dictionary<string, ReadOnlyMemory<byte>> parts = new(StringComparer.Ordinal);

    private MultipartForm()
    {
    }

    /// <summary>Whether the body's <c>Content-Type</c> is multipart/form-data.</summary>
    public static bool IsSent(HttpRequest request) => TypeOf(request) is not null;

    /// <summary>Reads the body; null where its <c>Content-Type</c> is not multipart/form-data.</summary>
    /// <exception cref="RequestException">The body is too large, or not a valid form.</exception>
    public static async Task<MultipartForm?> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (TypeOf(request) is not { } type) return null;
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MostBoundaryCharacters)
            throw Malformed($"its boundary must have 1 to {MostBoundaryCharacters} characters");
        var body = await RequestBody.ReadAsync(request, RequestBody.MultipartLimit, cancellation);
        try
        {
            return await ParseAsync(boundary, body, cancellation);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw Malformed("it does not end, or a part's headers are too large");
        }
    }

    /// <summary>Each part's name and content, in the order of names: the same for forms that differ in boundary or order only.</summary>
    public ReadOnlyMemory<byte>[] Content() =>
    [
        .. parts.OrderBy(part => part.Key, StringComparer.Ordinal)
            .SelectMany(part => new[] { Encoding.UTF8.GetBytes(part.Key), part.Value }),
    ];

    /// <summary>The bytes of a part; null where it is missing or empty.</summary>
    public ReadOnlyMemory<byte>? File(string name) =>
        // Without the cast, null would become an empty file.
        parts.TryGetValue(name, out var bytes) && bytes.Length > 0 ? bytes : (ReadOnlyMemory<byte>?)null;

    /// <summary>The text of a part; null where it is missing.</summary>
    /// <exception cref="RequestException">The part is longer than <see cref="TextSize"/>.</exception>
    public string? Text(string name) =>
        !parts.TryGetValue(name, out var bytes) ? null
        : bytes.Length <= TextSize ? Encoding.UTF8.GetString(bytes.Span)
        : throw RequestException.TooLong(name, TextSize);

    /// <summary>The boolean of a part; null where it is missing or empty.</summary>
    /// <exception cref="RequestException">The part is neither true nor false.</exception>
    public bool? Boolean(string name) => Text(name)?.Trim() switch
    {
        null or "" => null,
        var text when bool.TryParse(text, out var value) => value,
        _ => throw RequestException.NotBoolean(name),
    };

    private static MediaTypeHeaderValue? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? type
            : null;

    private static async Task<MultipartForm> ParseAsync(string boundary, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var reader = new MultipartReader(boundary, RequestBody.Stream(body))
        {
            HeadersCountLimit = MostHeadersPerPart,
            HeadersLengthLimit = HeaderSize,
        };
        var form = new MultipartForm();
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                || HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is not { Length: > 0 } name)
            {
                throw Malformed("a part has no name");
            }

            if (form.parts.Count == MostParts) throw Malformed($"it must have at most {MostParts} parts");
            // The reader gives the start of a part in a seekable stream. It finds the next part only after this one was read.
            var start = (int)section.BaseStreamOffset!.Value;
            var length = await LengthAsync(section.Body, cancellation);
            if (!form.parts.TryAdd(name, body.Slice(start, length))) throw Malformed("two of its parts have one name");
        }
        return form;
    }

    private static async Task<int> LengthAsync(Stream part, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var length = 0;
            while (await part.ReadAsync(buffer, cancellation) is > 0 and var read) length += read;
            return length;
        }
        finally
        {
            // The buffer has held a password or a key.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static RequestException Malformed(string why) =>
        RequestException.MalformedBody($"The body is not valid multipart/form-data: {why}.");
}
