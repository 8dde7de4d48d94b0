using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access.Callers;
using Gatehouse.Common;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Access.Idempotency;

/// <summary>The row keys of a call, by caller and idempotency key.</summary>
/// <remarks>
/// Table <c>IdempotentCalls</c>, partition: the first digit of the SHA-256 over the two. Two rows, written and deleted in
/// one commit: <c>k:{hash}</c> is the call, and <c>x:{when it expires, ticks}:{hash}</c> lets the purge find expired calls,
/// oldest first, without reading others. An answer that was committed with its operation is in the table of the applications,
/// as <c>x:{when it expires, ticks}:{hash}:{try}</c>, with the same properties as the call.
/// </remarks>
internal readonly record struct IdempotentCallKey(string Partition, string Hash)
{
    public const string Table = "IdempotentCalls";

    private const string ExpiryPrefix = "x:";

    public string RowKey => $"k:{Hash}";

    public static IdempotentCallKey Of(Caller caller, IdempotencyKey key)
    {
        // Neither contains a line feed.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Name}\n{key}")));
        return new(HexPartitions.Of(hash), hash);
    }

    /// <summary>The row that the purge finds the call by.</summary>
    public string ExpiryRowKey(DateTimeOffset expiresAt) => $"{Ticks(expiresAt.UtcTicks)}:{Hash}";

    /// <summary>The row of the answer that was committed with a try.</summary>
    public string AnswerRowKey(IdempotentCallRow call) => $"{ExpiryRowKey(call.ExpiresAt)}:{call.Try}";

    /// <summary>The expiry rows and answers of expired calls.</summary>
    public static RowRange Expired(DateTimeOffset now) => new(ExpiryPrefix, Ticks(now.UtcTicks + 1));

    /// <summary>The row key of the call that an expiry row belongs to.</summary>
    public static string RowKeyOf(string expiryRowKey) => $"k:{expiryRowKey[(expiryRowKey.LastIndexOf(':') + 1)..]}";

    private static string Ticks(long ticks) => ExpiryPrefix + TimeKeys.Ticks(ticks);
}

/// <summary>A stored call.</summary>
/// <param name="Request">The request's fingerprint, keyed.</param>
/// <param name="ExpiresAt">When the call is deleted.</param>
/// <param name="RunningUntil">When another call may take over, if there is no answer by then; 1970 where the last try has
/// ended without one.</param>
/// <param name="SealedAnswer">Its encrypted answer; null while it is running.</param>
/// <param name="Try">Identifies the try that runs, so that the late answer of an earlier one is not taken for its own.</param>
/// <param name="AnswerIn">The partitions of the application table in which its answer can be, a digit each.</param>
/// <param name="ETag">The row's ETag.</param>
internal sealed record IdempotentCallRow(
    byte[] Request, DateTimeOffset ExpiresAt, DateTimeOffset RunningUntil, byte[]? SealedAnswer, string Try, string AnswerIn,
    string? ETag = null)
{
    // Below the limit of a property.
    private const int PieceSize = 60 * 1024;

    public StoredAnswer? Open(IdempotentCallKey place, DataKey key) =>
        SealedAnswer is null ? null : StoredAnswer.Read(key.Open(SealedAnswer, Context(place)));

    public IdempotentCallRow With(StoredAnswer answer, IdempotentCallKey place, DataKey key) =>
        this with { SealedAnswer = key.Seal(answer.ToBytes(), Context(place)) };

    public TableRow ToRow(string key)
    {
        var properties = new List<RowProperty>
        {
            new("Request", Request), new("ExpiresAt", ExpiresAt), new("RunningUntil", RunningUntil),
            new("Try", Try), new("AnswerIn", AnswerIn),
        };
        var pieces = SealedAnswer?.Chunk(PieceSize) ?? [];
        foreach (var (index, piece) in pieces.Index()) properties.Add(new(PieceName(index), piece));
        return new TableRow(key, null, [.. properties]);
    }

    public static IdempotentCallRow Read(TableRow row)
    {
        var pieces = new List<byte[]>();
        while (row.Find(PieceName(pieces.Count)) is byte[] piece) pieces.Add(piece);
        return new IdempotentCallRow(
            row.GetBinary("Request"), row.GetDateTimeOffset("ExpiresAt"), row.GetDateTimeOffset("RunningUntil"),
            pieces.Count == 0 ? null : [.. pieces.SelectMany(piece => piece)], row.Find("Try") as string ?? "",
            row.Find("AnswerIn") as string ?? "", row.ETag);
    }

    private static string PieceName(int index) => string.Create(CultureInfo.InvariantCulture, $"Answer{index}");

    private static string Context(IdempotentCallKey place) => $"idempotent-call:{place.Hash}";
}
