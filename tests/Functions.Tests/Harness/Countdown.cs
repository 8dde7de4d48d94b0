namespace Gatehouse.Functions.Tests.Harness;

/// <summary>Reaches its end with a given number of signals.</summary>
internal sealed class Countdown(int count)
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int left = count;

    public Task Reached => reached.Task;

    public void Signal()
    {
        if (Interlocked.Decrement(ref left) <= 0) reached.TrySetResult();
    }
}
