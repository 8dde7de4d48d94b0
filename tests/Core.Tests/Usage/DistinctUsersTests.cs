using FsCheck.Fluent;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class DistinctUsersTests
{
    // The standard error is 0.41 %: 2 % are almost five of them.
    private const double Tolerance = 0.02;

    [Theory]
    [InlineData(10, 50)]
    [InlineData(1_000, 25)]
    [InlineData(100_000, 5)]
    [InlineData(1_000_000, 2)]
    public void Users_are_counted_right_when_shards_and_days_are_merged_in_any_order(int users, int tests)
    {
        var scenes = from seed in Gen.Choose(0, int.MaxValue - 1) from days in Gen.Choose(1, 30) select (seed, days);

        Properties.Check(scenes, scene =>
        {
            var random = new Random(scene.seed);
            var count = 0.0;
            foreach (var chunk in Users(scene.seed, users).GroupBy(UsageKeys.ChunkOf))
            {
                var parts = Parts([.. chunk], scene.days, random);
                count += MergeInAnyOrder(parts, random).Count;
            }

            if (users <= DistinctUsers.MostExact) Assert.Equal(users, count);
            else Assert.InRange(count, users * (1 - Tolerance), users * (1 + Tolerance));
        }, tests);
    }

    [Fact]
    public void The_count_is_right_all_the_way_up_and_exact_while_it_is_small()
    {
        var chunks = Enumerable.Repeat(DistinctUsers.None, UsageKeys.Shards).ToArray();
        var (added, checkAt) = (0, 1);
        foreach (var user in Users(seed: 7, 300_000))
        {
            var chunk = UsageKeys.ChunkOf(user);
            chunks[chunk] = chunks[chunk].With([user]);
            if (++added != checkAt) continue;
            checkAt += Math.Max(1, checkAt / 20);
            var count = chunks.Sum(one => one.Count);
            if (chunks.All(one => one.IsExact)) Assert.Equal(added, count);
            else Assert.InRange(count, added * (1 - Tolerance), added * (1 + Tolerance));
        }
        Assert.DoesNotContain(chunks, chunk => chunk.IsExact);
    }

    [Fact]
    public void A_merge_is_associative_commutative_and_idempotent()
    {
        var part =
            from seed in Gen.Choose(0, 50)
            from size in Gen.Elements(0, 1, 900, 1_000, 1_001, 3_000)
            select DistinctUsers.None.With(Users(seed, size));

        Properties.Check(Gen.Three(part), parts =>
        {
            var (a, b, c) = parts;
            Assert.Equal(Bytes(Union(Union(a, b), c)), Bytes(Union(a, Union(b, c))));
            Assert.Equal(Bytes(Union(a, b)), Bytes(Union(b, a)));
            Assert.Equal(Bytes(a), Bytes(Union(a, a)));
        });
    }

    [Fact]
    public void Stored_users_are_read_back()
    {
        foreach (var size in (int[])[0, 1, 1_000, 1_001])
        {
            var users = Users(seed: 3, size).ToList();
            var written = DistinctUsers.None.With(users);
            var read = DistinctUsers.Of(written.IsExact, written.ToBytes());

            Assert.Equal(size <= 1_000, read.IsExact);
            Assert.Equal(written.Count, read.Count);
            Assert.True(written.ToBytes().Length <= 8_000);
            Assert.All(users, user => Assert.True(read.Covers(user)));
            Assert.Same(read, read.With(users));
            if (read.IsExact) Assert.False(read.Covers(42));
        }
    }

    [Fact]
    public void A_user_whose_hash_is_all_zeros_or_all_ones_has_a_place()
    {
        var many = DistinctUsers.None.With(Users(seed: 5, 2_000));

        foreach (var edge in (ulong[])[0, 1, ulong.MaxValue, 1UL << 48, (1UL << 48) - 1])
            Assert.True(many.With([edge]).Covers(edge));
    }

    private static IEnumerable<ulong> Users(int seed, int count) =>
        Enumerable.Range(0, count).Select(number => UsageEvent.Hash64(
            [.. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(number)]));

    // Each user on one to three days, added in parts.
    private static List<DistinctUsers> Parts(ulong[] users, int days, Random random)
    {
        var ofDay = Enumerable.Range(0, days).Select(_ => new List<ulong>()).ToArray();
        random.Shuffle(users);
        foreach (var user in users)
            for (var times = random.Next(1, 4); times > 0; times--) ofDay[random.Next(days)].Add(user);
        return [.. ofDay.Select(day => day.Chunk(random.Next(1, 5_000)).Aggregate(DistinctUsers.None, (sum, some) => sum.With(some)))];
    }

    private static DistinctUsers MergeInAnyOrder(List<DistinctUsers> parts, Random random)
    {
        while (parts.Count > 1)
        {
            var (one, other) = (parts[random.Next(parts.Count)], random.Next(parts.Count));
            var merged = Union(one, parts[other]);
            if (!ReferenceEquals(one, parts[other])) parts.RemoveAt(other);
            parts[parts.IndexOf(one)] = merged;
        }
        return parts[0];
    }

    private static DistinctUsers Union(params DistinctUsers[] parts) => DistinctUsers.Union(parts);

    private static byte[] Bytes(DistinctUsers users) => [(byte)(users.IsExact ? 1 : 0), .. users.ToBytes()];
}
