namespace Gatehouse.Access.Idempotency;

/// <summary>
/// An answer that can be repeated. <c>ToString</c> shows nothing of its body or headers, which may hold a token.
/// </summary>
public sealed class StoredAnswer
{
    /// <summary>The most bytes of a body: 512 KiB.</summary>
    public const int BodySize = 512 * 1024;

    /// <summary>The most characters of the content type and of the headers' names and values together: 8 Ki.</summary>
    public const int HeaderSize = 8 * 1024;

    /// <summary>Creates an answer.</summary>
    /// <param name="status">The HTTP status: 200 to 599.</param>
    /// <param name="contentType">The body's content type; null if there is none.</param>
    /// <param name="body">The body.</param>
    /// <param name="headers">Other headers of the answer, such as <c>Location</c>; null for none.</param>
    /// <exception cref="ArgumentException">It is too large to store.</exception>
    public StoredAnswer(
        int status, string? contentType, ReadOnlyMemory<byte> body, IReadOnlyList<KeyValuePair<string, string>>? headers = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        if (body.Length > BodySize) throw new ArgumentException($"A body has at most {BodySize} bytes.", nameof(body));
        Status = status;
        ContentType = contentType;
        Body = body;
        Headers = headers ?? [];
        if ((contentType?.Length ?? 0) + Headers.Sum(header => header.Key.Length + header.Value.Length) > HeaderSize)
            throw new ArgumentException($"Headers have at most {HeaderSize} characters.", nameof(headers));
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>The body's content type; null if there is none.</summary>
    public string? ContentType { get; }

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The other headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>
    /// Whether the answer decides the call, so that repeated calls get it too: a success, or a fault of the request. A
    /// temporary failure (408, 409, 425, 429 and all of 5xx) is not stored, and the call can be made again under its key.
    /// </summary>
    /// <remarks>
    /// draft-ietf-httpapi-idempotency-key-header repeats the first result, success or error. Repeating a temporary failure
    /// for 24 hours would defeat the purpose of repeating the call.
    /// </remarks>
    public bool Decides => Status < 500 && Status is not (408 or 409 or 425 or 429);

    /// <summary>The status and the body's size.</summary>
    public override string ToString() => $"{Status}, {Body.Length} bytes";

    /// <summary>The answer as bytes.</summary>
    internal byte[] ToBytes()
    {
        using var bytes = new MemoryStream(Body.Length + 256);
        using var writer = new BinaryWriter(bytes);
        writer.Write((short)Status);
        writer.Write(ContentType is not null);
        if (ContentType is not null) writer.Write(ContentType);
        writer.Write7BitEncodedInt(Headers.Count);
        foreach (var (name, value) in Headers)
        {
            writer.Write(name);
            writer.Write(value);
        }
        writer.Write7BitEncodedInt(Body.Length);
        writer.Write(Body.Span);
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    internal static StoredAnswer Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        var status = reader.ReadInt16();
        var contentType = reader.ReadBoolean() ? reader.ReadString() : null;
        var headers = new KeyValuePair<string, string>[reader.Read7BitEncodedInt()];
        for (var index = 0; index < headers.Length; index++) headers[index] = new(reader.ReadString(), reader.ReadString());
        return new StoredAnswer(status, contentType, reader.ReadBytes(reader.Read7BitEncodedInt()), headers);
    }
}
