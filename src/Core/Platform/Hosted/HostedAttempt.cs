using System.Buffers;
using System.Text.Json;
using Polly;

namespace Gatehouse.Platform.Hosted;

/// <summary>One attempt: a request and its whole answer.</summary>
internal static class HostedAttempt
{
    /// <summary>The most bytes of an answer: 4 MiB.</summary>
    public const int BodyLimit = 4 * 1024 * 1024;

    private const int FirstBuffer = 4096;

    // The most that is taken for an announced length before anything has arrived.
    private const int MostAhead = 64 * 1024;

    /// <summary>Sends the request and reads the answer. Failures are in the outcome.</summary>
    public static async ValueTask<Outcome<JsonElement>> RunAsync(
        HttpMessageInvoker http, HostedRequest request, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            using var message = request.ToMessage();
            using var response = await http.SendAsync(message, cancellation);
            var status = (int)response.StatusCode;
            if (status is >= 300 and < 400) return Fault(HostedFaults.Redirected(request));
            var body = await ReadAsync(response.Content, cancellation);
            return HostedFaults.Find(response, body, request, time) is { } fault ? Fault(fault) : Outcome.FromResult(body.Json);
        }
        catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
        {
            return Outcome.FromException<JsonElement>(e);
        }
        catch (Exception e) when (HostedFaults.Explain(e, request) is not null)
        {
            return Fault(HostedFaults.Explain(e, request)!);
        }
    }

    private static Outcome<JsonElement> Fault(PlatformException fault) => Outcome.FromException<JsonElement>(fault);

    private static async ValueTask<HostedBody> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        var announced = content.Headers.ContentLength;
        if (announced is 0) return new HostedBody(default, BodyKind.Empty);
        if (announced > BodyLimit) return new HostedBody(default, BodyKind.TooLarge);
        // Not disposed here: the response owns it.
        var stream = await content.ReadAsStreamAsync(cancellation);
        // One byte more than announced, so that the end is seen without growing the buffer.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(announced + 1 ?? FirstBuffer, MostAhead));
        try
        {
            var length = 0;
            while (await stream.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var read)
            {
                length += read;
                if (length > BodyLimit) return new HostedBody(default, BodyKind.TooLarge);
                if (length == buffer.Length) buffer = Grow(buffer);
            }
            return Parse(buffer.AsSpan(0, length));
        }
        finally
        {
            // The pool's next user must not find tokens in it.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return larger;
    }

    private static HostedBody Parse(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (bytes.StartsWith(byteOrderMark)) bytes = bytes[byteOrderMark.Length..];
        if (bytes.Trim(" \t\r\n"u8).IsEmpty) return new HostedBody(default, BodyKind.Empty);
        try
        {
            return new HostedBody(JsonElement.Parse(bytes), BodyKind.Json);
        }
        catch (JsonException)
        {
            return new HostedBody(default, BodyKind.NotJson);
        }
    }
}

/// <summary>The kind of an answer's body.</summary>
internal enum BodyKind
{
    Empty,
    Json,
    NotJson,
    TooLarge,
}

/// <summary>An answer's body.</summary>
/// <param name="Json">The JSON; undefined if there is none.</param>
/// <param name="Kind">The kind of the body.</param>
internal readonly record struct HostedBody(JsonElement Json, BodyKind Kind);
