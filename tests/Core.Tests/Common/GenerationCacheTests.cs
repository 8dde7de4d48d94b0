using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

public sealed class GenerationCacheTests
{
    [Fact]
    public void It_holds_at_most_twice_its_capacity()
    {
        var cache = new GenerationCache<int, int>(100);
        for (var number = 0; number < 10_000; number++) cache.Set(number, number);

        Assert.InRange(cache.Count, 100, 200);
        Assert.True(cache.TryGet(9_999, out _));
        Assert.False(cache.TryGet(0, out _));
    }

    [Fact]
    public void Entries_in_use_stay()
    {
        var cache = new GenerationCache<int, string>(10);
        cache.Set(-1, "kept");
        for (var number = 0; number < 1_000; number++)
        {
            cache.Set(number, "");
            Assert.True(cache.TryGet(-1, out var value));
            Assert.Equal("kept", value);
        }
    }

    [Fact]
    public void Replaced_and_removed_entries_are_not_found()
    {
        var cache = new GenerationCache<int, string>(1);
        cache.Set(1, "old");
        cache.Set(2, "");
        cache.Set(1, "new");
        Assert.True(cache.TryGet(1, out var value));
        Assert.Equal("new", value);

        cache.Remove(1);
        Assert.False(cache.TryGet(1, out _));
    }
}
