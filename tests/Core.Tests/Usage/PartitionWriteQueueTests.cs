using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class PartitionWriteQueueTests
{
    private const int Most = 3;

    private readonly List<(string Group, TaskCompletionSource End)> writes = [];
    private readonly PartitionWriteQueue<string> queue;

    public PartitionWriteQueueTests() => queue = new PartitionWriteQueue<string>(
        (partition, works) =>
        {
            // Continuations run inside SetResult, so the next group has been handed over when it returns.
            var end = new TaskCompletionSource();
            writes.Add(($"{partition}:{string.Concat(works)}", end));
            return end.Task;
        },
        Most);

    [Fact]
    public async Task Work_that_arrives_during_a_write_is_written_in_groups_up_to_the_largest_size()
    {
        Task[] waiting =
        [
            queue.AddAsync("p", "a", 1), queue.AddAsync("p", "b", 1), queue.AddAsync("p", "c", 2), queue.AddAsync("p", "d", 1),
            queue.AddAsync("p", "e", Most + 1), queue.AddAsync("p", "f", 1), queue.AddAsync("q", "g", 1),
        ];
        for (var at = 0; at < writes.Count; at++) writes[at].End.SetResult();
        await Task.WhenAll(waiting);
        Assert.Equal(["p:a", "q:g", "p:bc", "p:d", "p:e", "p:f"], writes.Select(write => write.Group));
    }

    [Fact]
    public async Task A_group_that_is_being_written_takes_no_more_work()
    {
        var first = queue.AddAsync("p", "a", 1);
        var second = queue.AddAsync("p", "b", 1);
        writes[0].End.SetResult();
        await first;
        var third = queue.AddAsync("p", "c", 1);
        writes[1].End.SetResult();
        await second;
        Assert.False(third.IsCompleted);
        writes[2].End.SetResult();
        await third;
        Assert.Equal(["p:a", "p:b", "p:c"], writes.Select(write => write.Group));
    }

    [Fact]
    public async Task A_failed_group_fails_all_its_callers_and_no_others()
    {
        Task[] waiting = [queue.AddAsync("p", "a", 1), queue.AddAsync("p", "b", 1), queue.AddAsync("p", "c", 1), queue.AddAsync("p", "d", 2)];
        writes[0].End.SetResult();
        writes[1].End.SetException(new InvalidOperationException("disk"));
        writes[2].End.SetResult();
        await waiting[0];
        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting[1]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting[2]);
        await waiting[3];
    }
}
