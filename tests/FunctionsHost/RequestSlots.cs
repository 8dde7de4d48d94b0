namespace Gatehouse.FunctionsHost;

/// <summary>
/// Limits how many requests run at a time and how many may wait, as <c>host.json</c> says. A request keeps its slot until the
/// worker reports the end of the call, even if the caller has disconnected.
/// </summary>
internal sealed class RequestSlots(HostJson settings) : IDisposable
{
    private readonly SemaphoreSlim? running =
        settings.MaxConcurrentRequests == HostJson.Unlimited ? null : new SemaphoreSlim(settings.MaxConcurrentRequests);

    private int pending;

    /// <summary>Waits for a slot; null if too many requests wait already.</summary>
    public async Task<IDisposable?> TakeAsync()
    {
        if (Interlocked.Increment(ref pending) > settings.MaxPendingRequests
            && settings.MaxPendingRequests != HostJson.Unlimited)
        {
            Interlocked.Decrement(ref pending);
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
        Interlocked.Decrement(ref pending);
    }

    private sealed class Slot(RequestSlots slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
