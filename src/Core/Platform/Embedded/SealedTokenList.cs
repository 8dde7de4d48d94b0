using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// The API tokens of one application: the master token first, then the others, oldest first. One binary property of the
/// application's row. It is searched in place, because every request does so.
/// </summary>
/// <remarks>
/// An entry: SHA-256 of the token (32 bytes), time of issue (8 bytes, ms since 1970, big-endian), the encrypted token.
/// </remarks>
internal readonly struct SealedTokenList
{
    private const int HashSize = SHA256.HashSizeInBytes;
    private const int TellingSize = 8;
    private const int SealedAt = HashSize + sizeof(long);
    private const int EntrySize = SealedAt + DataKey.Overhead + ApiToken.Length;

    private readonly byte[] entries;

    public SealedTokenList(byte[] entries)
    {
        if (entries.Length < EntrySize || entries.Length % EntrySize != 0)
            throw new RowFormatException("An application's token list is damaged.");
        this.entries = entries;
    }

    /// <summary>The list of a new application.</summary>
    public static SealedTokenList OfMaster(ApiToken master, DateTimeOffset createdAt, DataKey key, AppId application) =>
        new(Entry(master, createdAt, key, application));

    /// <summary>The bytes to store in the row.</summary>
    public byte[] Bytes => entries;

    /// <summary>How many secondary tokens there are.</summary>
    public int SecondaryCount => entries.Length / EntrySize - 1;

    /// <summary>
    /// The position of a token: 0 for the master token, from 1 for secondary ones, -1 where it is not in the list.
    /// </summary>
    /// <remarks>
    /// The first bytes of the hash select an entry, which reveals nothing about the token. The whole hash is then compared
    /// in fixed time.
    /// </remarks>
    public int Find(ApiToken token)
    {
        var telling = token.Hash[..TellingSize];
        for (var position = 0; position <= SecondaryCount; position++)
        {
            var entry = At(position);
            if (entry.StartsWith(telling) && CryptographicOperations.FixedTimeEquals(entry[..HashSize], token.Hash)) return position;
        }

        return -1;
    }

    /// <summary>When the token at a position was issued.</summary>
    public DateTimeOffset CreatedAt(int position) =>
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(At(position)[HashSize..]));

    /// <summary>The token at a position, in clear.</summary>
    public ApiToken Open(int position, DataKey key, AppId application) =>
        ApiToken.TryParse(Encoding.ASCII.GetString(key.Open(At(position)[SealedAt..], Context(application))))
        ?? throw new RowFormatException("An application's token list holds something that is not a token.");

    /// <summary>The list with one more secondary token.</summary>
    public SealedTokenList Add(ApiToken token, DateTimeOffset createdAt, DataKey key, AppId application) =>
        new([.. entries, .. Entry(token, createdAt, key, application)]);

    /// <summary>The list without the secondary token at a position.</summary>
    public SealedTokenList RemoveAt(int position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, 1);
        return new([.. entries.AsSpan(0, position * EntrySize), .. entries.AsSpan((position + 1) * EntrySize)]);
    }

    private ReadOnlySpan<byte> At(int position) => entries.AsSpan(position * EntrySize, EntrySize);

    private static byte[] Entry(ApiToken token, DateTimeOffset createdAt, DataKey key, AppId application)
    {
        var entry = new byte[EntrySize];
        token.Hash.CopyTo(entry);
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(HashSize), createdAt.ToUnixTimeMilliseconds());
        key.Seal(Encoding.ASCII.GetBytes(token.Reveal()), Context(application)).CopyTo(entry, SealedAt);
        return entry;
    }

    private static string Context(AppId application) => $"api-token:{application}";
}
