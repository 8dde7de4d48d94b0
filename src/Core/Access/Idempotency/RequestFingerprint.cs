using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gatehouse.Access.Idempotency;

/// <summary>
/// What tells one request from another under the same <see cref="IdempotencyKey"/>: the SHA-256 over its path with the query
/// string, and its body.
/// </summary>
public sealed class RequestFingerprint
{
    private readonly byte[] hash;

    private RequestFingerprint(byte[] hash) => this.hash = hash;

    /// <summary>The fingerprint of a request.</summary>
    /// <param name="pathAndQuery">The path with the query string.</param>
    /// <param name="parts">The body: one part; of a multipart body the names and contents of its parts, because its
    /// boundary is another in each repetition.</param>
    public static RequestFingerprint Of(string pathAndQuery, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(sha, Encoding.UTF8.GetBytes(pathAndQuery));
        foreach (var part in parts) Append(sha, part.Span);
        return new RequestFingerprint(sha.GetHashAndReset());
    }

    /// <summary>
    /// What the store keeps of it. A body may hold a guessable password, which a plain hash would let whoever has the store
    /// guess at.
    /// </summary>
    internal byte[] Under(ReadOnlySpan<byte> key) => HMACSHA256.HashData(key, hash);

    // With its length, so that no two sequences of parts run into the same bytes.
    private static void Append(IncrementalHash sha, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        sha.AppendData(length);
        sha.AppendData(part);
    }
}
