using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gatehouse.Access.Idempotency;

/// <summary>
/// The fingerprint of a request, to recognize it under the same <see cref="IdempotencyKey"/>: the SHA-256 over its method,
/// its path with the query string, and its body.
/// </summary>
public sealed class RequestFingerprint
{
    private readonly byte[] hash;

    private RequestFingerprint(byte[] hash) => this.hash = hash;

    /// <summary>The fingerprint of a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="pathAndQuery">The path with the query string.</param>
    /// <param name="parts">The body as one part; for a multipart body, the names and contents of its parts, because each
    /// repetition has another boundary.</param>
    public static RequestFingerprint Of(string method, string pathAndQuery, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(sha, Encoding.UTF8.GetBytes(method));
        Append(sha, Encoding.UTF8.GetBytes(pathAndQuery));
        foreach (var part in parts) Append(sha, part.Span);
        return new RequestFingerprint(sha.GetHashAndReset());
    }

    /// <summary>
    /// The keyed hash that is stored. A body may hold a guessable password, which could be found from a plain hash by anyone
    /// with access to the store.
    /// </summary>
    internal byte[] Under(ReadOnlySpan<byte> key) => HMACSHA256.HashData(key, hash);

    // Each part is preceded by its length, so that different sequences of parts never give the same bytes.
    private static void Append(IncrementalHash sha, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        sha.AppendData(length);
        sha.AppendData(part);
    }
}
