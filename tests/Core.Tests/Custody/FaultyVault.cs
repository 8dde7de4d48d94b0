using System.Collections.Concurrent;
using Gatehouse.Secrets;

namespace Gatehouse.Tests.Custody;

/// <summary>A vault that fails when the test says so: before the work is done, or after it.</summary>
internal sealed class FaultyVault(ISecretVault vault) : ISecretVault
{
    private int gets;

    /// <summary>Whether reads fail.</summary>
    public bool RefusesReads { get; set; }

    /// <summary>Whether writes and deletes fail.</summary>
    public bool RefusesWrites { get; set; }

    /// <summary>Whether writes succeed but their answers are lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>The description that each secret was last written with.</summary>
    public ConcurrentDictionary<string, SecretDescription?> Descriptions { get; } = new();

    /// <summary>How often a secret was asked for.</summary>
    public int Gets => gets;

    public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
    {
        Interlocked.Increment(ref gets);
        return RefusesReads ? throw Fault() : vault.GetAsync(name, cancellation);
    }

    public async ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation)
    {
        if (RefusesWrites) throw Fault();
        Descriptions[name] = description;
        var secret = await vault.SetAsync(name, value, description, cancellation);
        return LosesAnswers ? throw Fault() : secret;
    }

    public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) =>
        vault.GetOrAddAsync(name, value, cancellation);

    public async ValueTask DeleteAsync(string name, CancellationToken cancellation)
    {
        if (RefusesWrites) throw Fault();
        await vault.DeleteAsync(name, cancellation);
        if (LosesAnswers) throw Fault();
    }

    private static VaultException Fault() => new("The vault is down.");
}
