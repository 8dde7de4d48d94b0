namespace Gatehouse.Push;

/// <summary>The queue for inspections is full. Nothing was done.</summary>
public sealed class InspectionsBusyException() : Exception("Too many uploaded files are being inspected just now.")
{
    /// <summary>When a place in the queue is likely to be free.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Runs inspections of uploaded files on threads of their own, one or two at a time. Opening a .p12 file can take a processor for
/// four seconds, by the choice of its sender. So costly files have a queue of their own, in which one is opened at a time: the
/// others do not wait for them.
/// </summary>
public sealed class Inspections : IDisposable
{
    /// <summary>The most requests that wait for their turn.</summary>
    public const int MostWaiting = 16;

    /// <summary>The most requests with costly files that wait for their turn: the last waits for a quarter of a minute.</summary>
    public const int MostCostlyWaiting = 3;

    // Bags in a .p12 file can be nested two thousand times in its 48 KiB, and .NET reads them by recursion: in 1.5 MiB, which is
    // some systems' whole stack.
    private const int StackSize = 16 * 1024 * 1024;

    private readonly Queue cheap;
    private readonly Queue costly = new(atOnce: 1, MostCostlyWaiting);

    /// <summary>One at a time, and one costly one; two and one where there are four processors or more.</summary>
    public Inspections() => cheap = new(Environment.ProcessorCount >= 4 ? 2 : 1, MostWaiting);

    /// <summary>Inspects when there is a turn.</summary>
    /// <param name="inspect">The inspection. It is not cancelled once it has begun.</param>
    /// <param name="isCostly">Whether it may take longer than a third of a second.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="InspectionsBusyException">The queue is full.</exception>
    public Task<T> RunAsync<T>(Func<T> inspect, bool isCostly, CancellationToken cancellation) =>
        (isCostly ? costly : cheap).RunAsync(() => StartAsync(inspect), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        cheap.Dispose();
        costly.Dispose();
    }

    private static Task<T> StartAsync<T>(Func<T> inspect)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Complete(result, inspect), StackSize) { IsBackground = true, Name = nameof(Inspections) };
        thread.Start();
        return result.Task;
    }

    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> inspect)
    {
        try
        {
            result.SetResult(inspect());
        }
        catch (Exception e)
        {
            // The caller's: an exception that leaves the thread would end the process.
            result.SetException(e);
        }
    }

    private sealed class Queue(int atOnce, int mostWaiting) : IDisposable
    {
        private readonly SemaphoreSlim turns = new(atOnce);
        private int inside;

        public async Task<T> RunAsync<T>(Func<Task<T>> start, CancellationToken cancellation)
        {
            try
            {
                if (Interlocked.Increment(ref inside) > atOnce + mostWaiting) throw new InspectionsBusyException();
                await turns.WaitAsync(cancellation);
                try
                {
                    return await start();
                }
                finally
                {
                    turns.Release();
                }
            }
            finally
            {
                Interlocked.Decrement(ref inside);
            }
        }

        public void Dispose() => turns.Dispose();
    }
}
