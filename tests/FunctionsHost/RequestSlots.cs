namespace Gatehouse.FunctionsHost;

/// <summary>
/// How many requests run at a time and how many more may wait, as <c>host.json</c> says. A request holds its slot until the
/// worker has said that the call is over, even where the caller has gone.
/// </summary>
internal sealed class RequestSlots(HostJson settings) : IDisposable
{
    private readonly SemaphoreSlim? running =
        settings.MaxConcurrentRequests == HostJson.Unlimited ? null : new SemaphoreSlim(settings.MaxConcurrentRequests);

    private int outstanding;

    /// <summary>Waits for a slot; null where too many wait already.</summary>
    public async Task<IDisposable?> TakeAsync()
    {
        if (Interlocked.Increment(ref outstanding) > settings.MaxOutstandingRequests
            && settings.MaxOutstandingRequests != HostJson.Unlimited)
        {
            Interlocked.Decrement(ref outstanding);
            return null;
        }
        if (running is not null) await running.WaitAsync();
        return new Slot(this);
    }

    /// <inheritdoc/>
    public void Dispose() => running?.Dispose();

    private void Release()
    {
        running?.Release();
        Interlocked.Decrement(ref outstanding);
    }

    private sealed class Slot(RequestSlots slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
