using System.Runtime.InteropServices;

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

    // The last group of each partition. The groups before it lead to it.
    private readonly Dictionary<string, Group> partitions = new(StringComparer.Ordinal);

    /// <summary>Adds work of a given size; completes when it is written.</summary>
    public Task AddAsync(string partition, TWork work, int size)
    {
        Group group;
        lock (gate)
        {
            ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(partitions, partition, out var isWriting);
            if (last is { IsClosed: false } && last.Size + size <= most)
            {
                last.Add(work, size);
                return last.Written;
            }
            group = new Group { IsClosed = !isWriting };
            group.Add(work, size);
            if (last is not null) last.Next = group;
            last = group;
            if (isWriting) return group.Written;
        }
        // The following groups belong to other callers, so this request's context must not flow into them.
        using (ExecutionContext.SuppressFlow()) _ = RunAsync(partition, group);
        return group.Written;
    }

    private async Task RunAsync(string partition, Group first)
    {
        for (var group = first; group is not null; group = Next(partition, group))
        {
            try
            {
                await write(partition, group.Works);
                group.Complete();
            }
            catch (Exception fault)
            {
                group.Fail(fault);
            }
        }
    }

    private Group? Next(string partition, Group written)
    {
        lock (gate)
        {
            var next = written.Next;
            if (next is null) partitions.Remove(partition);
            else next.IsClosed = true;
            // An old group must not keep all younger ones alive until the next collection of its generation.
            written.Next = null;
            return next;
        }
    }

    /// <summary>Work that is written together, and the task of its callers.</summary>
    private sealed class Group
    {
        private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<TWork> Works { get; } = [];

        public int Size { get; private set; }

        /// <summary>Whether it is being written, and takes no more work.</summary>
        public bool IsClosed { get; set; }

        public Group? Next { get; set; }

        public Task Written => written.Task;

        public void Add(TWork work, int size)
        {
            Works.Add(work);
            Size += size;
        }

        public void Complete() => written.SetResult();

        public void Fail(Exception fault) => written.SetException(fault);
    }
}
