using Gatehouse.Secrets;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>A vault that fails or hangs on request, and counts the reads.</summary>
internal sealed class FailingVault : ISecretVault
{
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int count;

    public bool Fails { get; set; }

    public bool Hangs { get; init; }

    public int Asked => Volatile.Read(ref count);

    public Task BeingAsked => asked.Task;

    public async ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
    {
        Interlocked.Increment(ref count);
        asked.TrySetResult();
        // It ignores the cancellation.
        if (Hangs) await new TaskCompletionSource().Task;
        return Fails ? throw new VaultException("The vault is down.") : null;
    }

    public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DeleteAsync(string name, CancellationToken cancellation) => throw new NotSupportedException();
}
