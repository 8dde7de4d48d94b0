using System.Runtime.InteropServices;
using System.Text.Json;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>
/// What a request to the platform brings. The <c>Content-Type</c> of JSON is not looked at: clients in the wild send
/// malformed ones. A body over its limit is refused without being read to its end.
/// </summary>
internal static class RequestBody
{
    /// <summary>The most bytes of a JSON body: 64 KiB.</summary>
    public const int JsonLimit = 64 * 1024;

    /// <summary>The most bytes of a multipart body: 5 MiB.</summary>
    public const int MultipartLimit = 5 * 1024 * 1024;

    // Of the facade's bodies that are no form, usage has the largest.
    private const int BufferLimit = Ops.Usage.BodyLimit;

    /// <summary>A body that must be a JSON object.</summary>
    /// <exception cref="PlatformException">400403 where it is not, 413 where it is too large.</exception>
    public static async Task<JsonFields> ReadJsonAsync(HttpRequest request, CancellationToken cancellation) =>
        Parse(await ReadAsync(request, JsonLimit, cancellation));

    /// <summary>A body that may be empty, and must be a JSON object where it is not.</summary>
    /// <exception cref="PlatformException">As <see cref="ReadJsonAsync"/>.</exception>
    public static async Task<JsonFields?> ReadOptionalJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = await ReadAsync(request, JsonLimit, cancellation);
        return body.Length == 0 ? null : Parse(body);
    }

    /// <summary>The bytes of a body; without a copy where it was read before (<see cref="BufferAsync"/>).</summary>
    /// <exception cref="PlatformException">413 where there are more than the limit.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit) throw PlatformException.BodyTooLarge(limit);
        if (request.Body is MemoryStream read && read.TryGetBuffer(out var kept))
            return kept.Count <= limit ? kept : throw PlatformException.BodyTooLarge(limit);
        var buffer = new byte[(int)Math.Min(request.ContentLength ?? 4096, limit) + 1];
        var length = 0;
        while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var count)
        {
            length += count;
            if (length > limit) throw PlatformException.BodyTooLarge(limit);
            if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
        }
        return buffer.AsMemory(0, length);
    }

    /// <summary>Reads the body so that it can be read again: from <see cref="HttpRequest.Body"/>, from its start.</summary>
    /// <exception cref="PlatformException">413 where it is larger than any that is taken.</exception>
    public static async Task<ReadOnlyMemory<byte>> BufferAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = await ReadAsync(request, MultipartForm.IsSent(request) ? MultipartLimit : BufferLimit, cancellation);
        request.Body = Stream(body);
        return body;
    }

    /// <summary>A body that was read, as a stream from its start.</summary>
    public static Stream Stream(ReadOnlyMemory<byte> body) => MemoryMarshal.TryGetArray(body, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false, publiclyVisible: true)
        : throw new ArgumentException("The body was not read here.", nameof(body));

    private static JsonFields Parse(ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (body.Span.StartsWith(byteOrderMark)) body = body[byteOrderMark.Length..];
        try
        {
            var root = JsonElement.Parse(body.Span);
            if (root.ValueKind == JsonValueKind.Object) return new JsonFields(root);
        }
        catch (JsonException)
        {
            // Said below, in the platform's words.
        }
        throw PlatformException.MalformedBody("The body must be a JSON object.");
    }
}
