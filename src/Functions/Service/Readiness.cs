using Gatehouse.Access.Audit;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Service;

/// <summary>Whether store and vault answer and take writes. Gatehouse cannot work without either.</summary>
/// <param name="Store">Whether the store does.</param>
/// <param name="Vault">Whether the vault does.</param>
public sealed record ReadinessReport(bool Store, bool Vault)
{
    /// <summary>Whether both answer.</summary>
    public bool IsReady => Store && Vault;
}

/// <summary>
/// Checks whether store and vault answer, and whether the data folder takes writes. Unauthenticated callers can call this, so the result is cached for
/// <see cref="CacheTime"/>.
/// </summary>
public sealed partial class Readiness(ITableStore store, ISecretVault vault, DiskProbe disk, TimeProvider time, ILogger<Readiness> log)
{
    /// <summary>How long a result is cached.</summary>
    public static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait for store and vault.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    // The name of a secret that does not exist: no secret is read for this check.
    private const string Probe = "gatehouse-readiness";

    private static readonly string[] Tables = ["Applications", AuditTrail.Table];

    private readonly Lock gate = new();
    private Task<ReadinessReport>? check;
    private long checkedAt;

    /// <summary>The result of a check that began at most <see cref="CacheTime"/> ago.</summary>
    public Task<ReadinessReport> FindAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (check is null || (check.IsCompleted && time.GetElapsedTime(checkedAt) >= CacheTime))
            {
                checkedAt = time.GetTimestamp();
                check = CheckAsync();
            }
            return check.WaitAsync(cancellation);
        }
    }

    private async Task<ReadinessReport> CheckAsync()
    {
        // The caller holds the lock.
        await Task.Yield();
        var answers = await Task.WhenAll(
            AnswersAsync("store", async stop =>
            {
                // Two tables, because the audit trail can have an account of its own.
                await Task.WhenAll(Tables.Select(table => store.GetAsync(table, "0", Probe, stop).AsTask()));
                await disk.WriteToStoreAsync();
            }),
            AnswersAsync("vault", async stop =>
            {
                await vault.GetAsync(Probe, stop);
                await disk.WriteToVaultAsync();
            }));
        return new ReadinessReport(answers[0], answers[1]);
    }

    private async Task<bool> AnswersAsync(string name, Func<CancellationToken, Task> ask)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        try
        {
            // Waits no longer than the timeout, even for a call that ignores its token.
            await ask(timeout.Token).WaitAsync(timeout.Token);
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or VaultException or OperationCanceledException
            or IOException or UnauthorizedAccessException)
        {
            LogNotReady(name, e);
            return false;
        }
    }

    [LoggerMessage(361, LogLevel.Warning, "The {Name} does not answer or takes no writes: this instance is not ready.")]
    private partial void LogNotReady(string name, Exception e);
}
