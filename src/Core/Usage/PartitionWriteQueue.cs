namespace Gatehouse.Usage;

/// <summary>
/// Writes each partition in groups. Work that arrives while a group is being written is collected for the next one. So one
/// writer at a time knows the ETags of a partition's rows, and a group is about as large as one commit.
/// </summary>
/// <param name="write">Writes a group. Its exception goes to all callers of the group.</param>
/// <param name="most">The largest size of a group. Larger work gets a group of its own.</param>
/// <remarks>A partition is held in memory only while callers wait for it.</remarks>
internal sealed class PartitionWriteQueue<TWork>(Func<string, IReadOnlyList<TWork>, Task> write, int most)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<Waiting>> partitions = new(StringComparer.Ordinal);

    /// <summary>Adds work of a given size; completes when it is written.</summary>
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
        // The following groups belong to other callers, so this request's context must not flow into them.
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
