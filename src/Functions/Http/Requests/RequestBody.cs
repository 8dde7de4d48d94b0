using System.Runtime.InteropServices;
using System.Text.Json;
using Gatehouse.Common;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>
/// Reads request bodies. The <c>Content-Type</c> of a JSON body is ignored, because many clients send a wrong one. A body over
/// its limit is refused without reading the rest of it. Memory is taken for what has arrived, not for the announced length, and
/// <see cref="BodyMemory"/> bounds it for all requests together.
/// </summary>
internal static class RequestBody
{
    /// <summary>The most bytes of a JSON body: 64 KiB.</summary>
    public const int JsonLimit = 64 * 1024;

    /// <summary>The most bytes of a multipart body: 5 MiB.</summary>
    public const int MultipartLimit = 5 * 1024 * 1024;

    /// <summary>The most bytes of a body of usage events: 1 MiB. No other body is larger, except multipart ones.</summary>
    public const int EventsLimit = 1024 * 1024;

    private const int FirstBuffer = 4096;

    /// <summary>Reads a body that must be a JSON object.</summary>
    /// <exception cref="RequestException">The body is not a JSON object, or too large.</exception>
    public static async Task<JsonFields> ReadJsonAsync(HttpRequest request, CancellationToken cancellation) =>
        Parse(request, await ReadAsync(request, JsonLimit, cancellation));

    /// <summary>Reads a body that must be a JSON object or empty.</summary>
    /// <exception cref="RequestException">As <see cref="ReadJsonAsync"/>.</exception>
    public static async Task<JsonFields?> ReadOptionalJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = await ReadAsync(request, JsonLimit, cancellation);
        return body.Length == 0 ? null : Parse(request, body);
    }

    /// <summary>Reads a body that must be a JSON object with no other fields than the named ones, each at most once.</summary>
    /// <exception cref="RequestException">As <see cref="ReadJsonAsync"/>; or there is another field, or one twice.</exception>
    public static async Task<JsonFields> ReadFieldsAsync(
        HttpRequest request, IReadOnlyCollection<string> known, CancellationToken cancellation)
    {
        var fields = await ReadJsonAsync(request, cancellation);
        fields.RequireKnown(known);
        return fields;
    }

    /// <summary>The same for a body that can be empty.</summary>
    /// <exception cref="RequestException">As <see cref="ReadFieldsAsync"/>.</exception>
    public static async Task<JsonFields?> ReadOptionalFieldsAsync(
        HttpRequest request, IReadOnlyCollection<string> known, CancellationToken cancellation)
    {
        var fields = await ReadOptionalJsonAsync(request, cancellation);
        fields?.RequireKnown(known);
        return fields;
    }

    /// <summary>Reads the bytes of a body. A body that <see cref="BufferAsync"/> has read is not copied.</summary>
    /// <exception cref="RequestException">The body is encoded, over the limit, or there is no memory for it.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (EncodingOf(request) is { } encoding) throw RequestException.Encoded(encoding);
        if (request.ContentLength > limit) throw RequestException.BodyTooLarge(limit);
        if (request.Body is MemoryStream buffered && buffered.TryGetBuffer(out var bytes))
            return bytes.Count <= limit ? bytes : throw RequestException.BodyTooLarge(limit);
        var memory = BodyMemory.Of(request.HttpContext);
        // One byte more than expected, so that the end is seen without growing the buffer.
        var buffer = memory.Rent((int)Math.Min(request.ContentLength ?? FirstBuffer, Math.Min(limit, FirstBuffer)) + 1);
        var length = 0;
        while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var count)
        {
            length += count;
            if (length > limit) throw RequestException.BodyTooLarge(limit);
            if (length < buffer.Length) continue;
            var larger = memory.Rent((int)Math.Min(Math.Min(buffer.Length * 2L, request.ContentLength ?? long.MaxValue), limit) + 1);
            buffer.CopyTo(larger, 0);
            memory.Return(buffer);
            buffer = larger;
        }
        return buffer.AsMemory(0, length);
    }

    /// <summary>Reads the body into memory, so that it can be read again from <see cref="HttpRequest.Body"/>.</summary>
    /// <exception cref="RequestException">The body is over the largest limit for its type.</exception>
    public static async Task<ReadOnlyMemory<byte>> BufferAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = await ReadAsync(request, MultipartForm.IsSent(request) ? MultipartLimit : EventsLimit, cancellation);
        request.Body = Stream(body);
        return body;
    }

    /// <summary>A stream over a body that was read here. It shares the body's memory.</summary>
    public static Stream Stream(ReadOnlyMemory<byte> body) => MemoryMarshal.TryGetArray(body, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false, publiclyVisible: true)
        : throw new ArgumentException("The body is not in an array.", nameof(body));

    // The field whose text is not Unicode; null where it is a name, or lies deeper.
    private static string? PlaceOf(JsonElement root)
    {
        foreach (var field in root.ValueKind == JsonValueKind.Object ? root.EnumerateObject() : default)
        {
            string? name = null;
            try
            {
                name = field.Name;
                if (field.Value.ValueKind == JsonValueKind.String) field.Value.GetString();
            }
            catch (InvalidOperationException)
            {
                return name;
            }
        }
        return null;
    }

    // Null for identity, which is no encoding (RFC 9110, section 8.4).
    private static string? EncodingOf(HttpRequest request) =>
        request.Headers.ContentEncoding
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } encoding
                ? MultipartFaults.Shown(encoding)
                : null;

    private static JsonFields Parse(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (body.Span.StartsWith(byteOrderMark)) body = body[byteOrderMark.Length..];
        try
        {
            var root = JsonElement.Parse(body.Span);
            if (!JsonText.IsUnicode(body.Span)) throw RequestException.MalformedBody($"{PlaceOf(root) ?? "A text in the body"} is not valid Unicode.");
            if (root.ValueKind == JsonValueKind.Object) return new JsonFields(root);
        }
        catch (JsonException)
        {
            // Refused below, as JSON that is not an object is.
        }
        throw RequestException.MalformedBody(
            MultipartForm.IsSent(request) ? "The body must be a JSON object, not a form."
            : FormContentType.HoldsForm(body.Span)
                ? $"The body is a form, but {FormContentType.Sent(request)}. It must be a JSON object, or a form of type "
                    + "multipart/form-data where a file is sent."
            : "The body must be a JSON object.");
    }
}
