using System.Buffers.Binary;
using System.Numerics;

namespace Gatehouse.Usage;

/// <summary>
/// How many different users there were, of one chunk of them: the users themselves while they are few, then a HyperLogLog
/// sketch of them. Unions can be made in any order, of any parts, any number of times. A value is not changed once made.
/// </summary>
/// <remarks>
/// <para>A user is a hash of 64 bits, of which the first 4 name the chunk (<see cref="UsageKeys.ChunkOf"/>), the next 12 the
/// register and the last 48 make its rank. The 16 chunks are together a sketch of 65,536 registers, and their estimates add
/// up to one with its standard error: 1.04 / sqrt(65,536) = 0.41 %, so that 2 % are almost five of them.</para>
/// <para>Estimator: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 2.3, the
/// "improved raw estimator", which has no bias worth the name from nothing to the end of the range and needs no tables.</para>
/// </remarks>
internal sealed class DistinctUsers
{
    /// <summary>The most users that a day's row keeps one by one: 8,000 bytes of it.</summary>
    public const int MostExact = 1000;

    /// <summary>The registers of a sketch, one byte each.</summary>
    public const int Registers = 1 << RegisterBits;

    /// <summary>Nobody.</summary>
    public static readonly DistinctUsers None = new([], null);

    private const int ChunkBits = 4;
    private const int RegisterBits = 12;
    private const int RankBits = 64 - ChunkBits - RegisterBits;

    private readonly ulong[] users;
    private readonly byte[]? registers;

    private DistinctUsers(ulong[] users, byte[]? registers)
    {
        this.users = users;
        this.registers = registers;
    }

    /// <summary>Whether the count is exact.</summary>
    public bool IsExact => registers is null;

    /// <summary>How many users there are, or an estimate of it.</summary>
    public double Count => registers is null ? users.Length : Estimate(registers);

    /// <summary>Takes what <see cref="ToBytes"/> gave.</summary>
    public static DistinctUsers Of(bool exact, byte[] bytes)
    {
        if (!exact) return new([], bytes);
        var users = new ulong[bytes.Length / sizeof(ulong)];
        for (var at = 0; at < users.Length; at++)
            users[at] = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at * sizeof(ulong)));
        return new(users, null);
    }

    /// <summary>The users in their order, or the registers. Not to be changed.</summary>
    public byte[] ToBytes()
    {
        if (registers is not null) return registers;
        var bytes = new byte[users.Length * sizeof(ulong)];
        for (var at = 0; at < users.Length; at++)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at * sizeof(ulong)), users[at]);
        return bytes;
    }

    /// <summary>Whether adding a user would change nothing.</summary>
    public bool Covers(ulong user)
    {
        if (registers is null) return Array.BinarySearch(users, user) >= 0;
        var (register, rank) = Place(user);
        return registers[register] >= rank;
    }

    /// <summary>
    /// With these users as well; the same object where that changes nothing. Over <see cref="MostExact"/> users it is a
    /// sketch.
    /// </summary>
    public DistinctUsers With(IEnumerable<ulong> added)
    {
        var missing = added.Where(user => !Covers(user)).ToHashSet();
        if (missing.Count == 0) return this;
        if (registers is null && users.Length + missing.Count <= MostExact) return new(Sorted([.. users, .. missing]), null);
        var sketch = Sketch();
        foreach (var user in missing) Raise(sketch, user);
        return new([], sketch);
    }

    /// <summary>All the users of several values. It is exact where all of them are, however many users that makes.</summary>
    public static DistinctUsers Union(IReadOnlyCollection<DistinctUsers> parts)
    {
        if (parts.All(part => part.IsExact)) return new(Sorted(parts.SelectMany(part => part.users).ToHashSet()), null);
        var union = new byte[Registers];
        foreach (var part in parts)
        {
            foreach (var user in part.users) Raise(union, user);
            for (var at = 0; part.registers is { } ranks && at < union.Length; at++) union[at] = Math.Max(union[at], ranks[at]);
        }
        return new([], union);
    }

    private byte[] Sketch()
    {
        var sketch = new byte[Registers];
        registers?.CopyTo(sketch, 0);
        foreach (var user in users) Raise(sketch, user);
        return sketch;
    }

    private static void Raise(byte[] sketch, ulong user)
    {
        var (register, rank) = Place(user);
        if (sketch[register] < rank) sketch[register] = rank;
    }

    // The rank is the position of the first one among the last 48 bits, from 1; 49 where there is none.
    private static (int Register, byte Rank) Place(ulong user) =>
        ((int)(user >> RankBits) & (Registers - 1),
            (byte)(1 + Math.Min(RankBits, BitOperations.LeadingZeroCount(user << (ChunkBits + RegisterBits)))));

    private static ulong[] Sorted(IReadOnlyCollection<ulong> users)
    {
        ulong[] sorted = [.. users];
        Array.Sort(sorted);
        return sorted;
    }

    private static double Estimate(byte[] ranks)
    {
        Span<int> ofRank = stackalloc int[RankBits + 2];
        foreach (var rank in ranks) ofRank[rank]++;
        var sum = Registers * Tau(1.0 - (double)ofRank[RankBits + 1] / Registers);
        for (var rank = RankBits; rank >= 1; rank--) sum = 0.5 * (sum + ofRank[rank]);
        sum += Registers * Sigma((double)ofRank[0] / Registers);
        return Registers / (2 * Math.Log(2)) * Registers / sum;
    }

    // Ertl, algorithm 6: for registers that nobody has come to.
    private static double Sigma(double x)
    {
        if (x == 1) return double.PositiveInfinity;
        var (y, sum, last) = (1.0, x, double.NaN);
        while (sum != last)
        {
            x *= x;
            last = sum;
            sum += x * y;
            y += y;
        }
        return sum;
    }

    // For registers at the end of their range.
    private static double Tau(double x)
    {
        if (x is 0 or 1) return 0;
        var (y, sum, last) = (1.0, 1 - x, double.NaN);
        while (sum != last)
        {
            x = Math.Sqrt(x);
            last = sum;
            y *= 0.5;
            sum -= (1 - x) * (1 - x) * y;
        }
        return sum / 3;
    }
}
