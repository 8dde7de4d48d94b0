namespace Gatehouse.Push;

/// <summary>The queue for inspections is full. Nothing was done.</summary>
public sealed class InspectionsBusyException() : Exception("Too many uploaded files are being inspected just now.")
{
    /// <summary>When a place in the queue is likely to be free.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Runs inspections of uploaded files on threads of their own, one or two at a time: opening a .p12 file can take a processor
/// for a part of a second, by the choice of its sender.
/// </summary>
public sealed class Inspections : IDisposable
{
    /// <summary>The most requests that wait for their turn.</summary>
    public const int MostWaiting = 16;

    private readonly SemaphoreSlim turns;
    private readonly int most;
    private int inside;

    /// <summary>One at a time; two where there are four processors or more.</summary>
    public Inspections()
    {
        var atOnce = Environment.ProcessorCount >= 4 ? 2 : 1;
        turns = new SemaphoreSlim(atOnce);
        most = atOnce + MostWaiting;
    }

    /// <summary>Inspects when there is a turn.</summary>
    /// <param name="inspect">The inspection. It is not cancelled once it has begun.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="InspectionsBusyException">The queue is full.</exception>
    public async Task<T> RunAsync<T>(Func<T> inspect, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref inside) > most) throw new InspectionsBusyException();
            await turns.WaitAsync(cancellation);
            try
            {
                return await Task.Factory.StartNew(
                    inspect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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

    /// <inheritdoc/>
    public void Dispose() => turns.Dispose();
}
