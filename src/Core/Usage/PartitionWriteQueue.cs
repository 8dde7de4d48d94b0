namespace Gatehouse.Usage;

/// <summary>
/// Group commit, before the store's own: what callers bring for one partition is written by one turn after the other, and
/// what comes while a turn is being written shares the next. So a partition's rows are written by one hand, which knows
/// their ETags, and a turn is about as large as one commit.
/// </summary>
/// <param name="write">Writes a turn; what it throws, each of the turn's callers gets.</param>
/// <param name="most">The size up to which work shares a turn; work that is larger has a turn of its own.</param>
/// <remarks>A partition is known here while it has callers that wait, and no longer: memory is bounded by the callers.</remarks>
internal sealed class PartitionWriteQueue<TWork>(Func<string, IReadOnlyList<TWork>, Task> write, int most)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<Waiting>> partitions = new(StringComparer.Ordinal);

    /// <summary>Brings work of a size; completes when it is written.</summary>
    public Task AddAsync(string partition, TWork work, int size)
    {
        var mine = new Waiting(work, size);
        lock (gate)
        {
            if (partitions.TryGetValue(partition, out var queue))
            {
                queue.Enqueue(mine);
                return mine.Written;
            }
            partitions.Add(partition, new Queue<Waiting>());
        }
        // The turns that follow are not this caller's: nothing of its request goes with them.
        using (ExecutionContext.SuppressFlow()) _ = RunAsync(partition, mine);
        return mine.Written;
    }

    private async Task RunAsync(string partition, Waiting first)
    {
        for (List<Waiting>? turn = [first]; turn is not null; turn = Next(partition))
        {
            try
            {
                await write(partition, [.. turn.Select(waiting => waiting.Work)]);
                foreach (var waiting in turn) waiting.Complete();
            }
            catch (Exception fault)
            {
                foreach (var waiting in turn) waiting.Fail(fault);
            }
        }
    }

    private List<Waiting>? Next(string partition)
    {
        lock (gate)
        {
            var queue = partitions[partition];
            if (queue.Count == 0)
            {
                partitions.Remove(partition);
                return null;
            }
            var turn = new List<Waiting>();
            var size = 0;
            do
            {
                size += queue.Peek().Size;
                turn.Add(queue.Dequeue());
            }
            while (queue.TryPeek(out var next) && size + next.Size <= most);
            return turn;
        }
    }

    private sealed class Waiting(TWork work, int size)
    {
        private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TWork Work => work;

        public int Size => size;

        public Task Written => written.Task;

        public void Complete() => written.SetResult();

        public void Fail(Exception fault) => written.SetException(fault);
    }
}
