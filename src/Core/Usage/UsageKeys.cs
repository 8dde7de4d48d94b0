using System.Buffers.Binary;
using System.Buffers.Text;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>The keys of table <c>Usage</c>. Each application has these partitions.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>{app id}:{0..F}</c>: 16 shards of messages, by the first digit of the message id's hash. A row <c>m:{hash}</c>
/// marks a message that was counted, a row <c>c:{day}</c> counts a day's messages. Both are in one partition, so that they
/// are written in one commit. A message costs one row and its share of a count: 16 shards of 2,000 rows a second take 32,000
/// messages a second, more than an account's 20,000, and no partition takes more than a sixteenth of them.</item>
/// <item><c>{app id}:u{0..F}</c>: 16 chunks of users, by the first digit of the user id's hash. A row <c>u:{day}</c> holds
/// the day's distinct users of the chunk (<see cref="DistinctUsers"/>). It is written when a user is seen for the first time
/// on a day, many users in one write.</item>
/// <item><c>{app id}:n</c>: a row <c>n:{hash}</c> for each chat node, written at each report
/// (<see cref="NodeReports"/>).</item>
/// </list>
/// <para>The limits of all applications (<see cref="UsageLimits"/>) share the 16 partitions <c>limits:{0..F}</c>, by the
/// first digit of the application's id: a row <c>l:{app id}</c> for each, and the audit rows of their changes, which are
/// read from few partitions only. The partition <c>applications</c> lists every application with usage, and <c>purge</c>
/// holds the position of <see cref="UsagePurge"/>.</para>
/// </remarks>
internal static class UsageKeys
{
    public const string Table = "Usage";

    /// <summary>How many shards an application's messages have, and how many chunks its users have.</summary>
    public const int Shards = 16;

    public const string MarkPrefix = "m:";

    private const int HashSize = 16;
    private const int HashLength = 22;

    public static string Messages(AppId application, int shard) => $"{application}:{HexPartitions.OfApplications[shard]}";

    public static string Users(AppId application, int chunk) => $"{application}:u{HexPartitions.OfApplications[chunk]}";

    public static string[] AllMessages(AppId application) => [.. Enumerable.Range(0, Shards).Select(shard => Messages(application, shard))];

    public static string[] AllUsers(AppId application) => [.. Enumerable.Range(0, Shards).Select(chunk => Users(application, chunk))];

    public static string Nodes(AppId application) => $"{application}:n";

    public static string Limits(AppId application) => $"limits:{HexPartitions.Of(application)}";

    /// <summary>Every partition of <see cref="Limits"/>.</summary>
    public static IEnumerable<string> AllLimits => HexPartitions.OfApplications.Select(digit => $"limits:{digit}");

    public static int ShardOf(UInt128 message) => (int)(message >> 124);

    public static int ChunkOf(ulong user) => (int)(user >> 60);

    public static string Mark(UInt128 message) => Hash(MarkPrefix, message);

    public static string Count(DateOnly day) => $"c:{IsoDate.Text(day)}";

    public static string UserDay(DateOnly day) => $"u:{IsoDate.Text(day)}";

    /// <summary>The day of a row of <see cref="Count"/> or <see cref="UserDay"/>.</summary>
    public static DateOnly DayOf(string row) => IsoDate.TryParse(row.AsSpan(2))
        ?? throw new RowFormatException($"Row '{row}' is not keyed by a day.");

    /// <summary>A key made of a prefix and 128 bits in base64url.</summary>
    public static string Hash(string prefix, UInt128 hash)
    {
        Span<byte> bytes = stackalloc byte[HashSize];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, hash);
        Span<char> key = stackalloc char[prefix.Length + HashLength];
        prefix.CopyTo(key);
        Base64Url.EncodeToChars(bytes, key[prefix.Length..]);
        return new string(key);
    }
}
