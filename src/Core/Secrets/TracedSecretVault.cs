using System.Diagnostics;
using Gatehouse.Telemetry;

namespace Gatehouse.Secrets;

/// <summary>A vault whose calls are traced. Spans show neither names nor values of secrets.</summary>
public sealed class TracedSecretVault(ISecretVault vault) : ISecretVault, IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation) =>
        TraceAsync("vault get", () => vault.GetAsync(name, cancellation));

    /// <inheritdoc/>
    public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation) =>
        TraceAsync("vault set", () => vault.SetAsync(name, value, description, cancellation));

    /// <inheritdoc/>
    public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) =>
        TraceAsync("vault get or add", () => vault.GetOrAddAsync(name, value, cancellation));

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellation) =>
        await TraceAsync("vault delete", async () =>
        {
            await vault.DeleteAsync(name, cancellation);
            return true;
        });

    /// <summary>Disposes of the inner vault, where it is disposable.</summary>
    public ValueTask DisposeAsync() => vault is IAsyncDisposable open ? open.DisposeAsync() : ValueTask.CompletedTask;

    private static async ValueTask<T> TraceAsync<T>(string name, Func<ValueTask<T>> call)
    {
        using var span = Spans.Start(name, ActivityKind.Client);
        try
        {
            return await call();
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
    }
}
