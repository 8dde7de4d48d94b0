using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Service;

/// <summary>Whether what Gatehouse cannot do without answers: store and vault.</summary>
/// <param name="Store">Whether the store does.</param>
/// <param name="Vault">Whether the vault does.</param>
public sealed record ReadinessReport(bool Store, bool Vault)
{
    /// <summary>Whether both do.</summary>
    public bool IsReady => Store && Vault;
}

/// <summary>
/// Asks store and vault whether they answer. Whoever may ask this is nobody's to say, so they are asked once in
/// <see cref="KeptFor"/> at most, however often it is.
/// </summary>
public sealed partial class Readiness(ITableStore store, ISecretVault vault, TimeProvider time, ILogger<Readiness> log)
{
    /// <summary>For how long what was found holds.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    /// <summary>How long store and vault are waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // A name that there is not: no secret is read for this.
    private const string Probe = "gatehouse-readiness";

    private readonly Lock gate = new();
    private Task<ReadinessReport>? asking;
    private long askedAt;

    /// <summary>What was found at most <see cref="KeptFor"/> ago.</summary>
    public Task<ReadinessReport> FindAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (asking is null || (asking.IsCompleted && time.GetElapsedTime(askedAt) >= KeptFor))
            {
                askedAt = time.GetTimestamp();
                asking = AskAsync();
            }
            return asking.WaitAsync(cancellation);
        }
    }

    private async Task<ReadinessReport> AskAsync()
    {
        // Off the lock that this is called under.
        await Task.Yield();
        var answers = await Task.WhenAll(
            AnswersAsync("store", async stop => await store.GetAsync("Audit", "o0", Probe, stop)),
            AnswersAsync("vault", async stop => await vault.GetAsync(Probe, stop)));
        return new ReadinessReport(answers[0], answers[1]);
    }

    private async Task<bool> AnswersAsync(string name, Func<CancellationToken, Task> ask)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            // Not longer, even where it does not heed that it is given up.
            await ask(patience.Token).WaitAsync(patience.Token);
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or VaultException or OperationCanceledException)
        {
            LogNotReady(name, e);
            return false;
        }
    }

    [LoggerMessage(361, LogLevel.Warning, "The {Name} does not answer: this instance is not ready.")]
    private partial void LogNotReady(string name, Exception e);
}
