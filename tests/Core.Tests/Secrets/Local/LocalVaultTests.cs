using System.Diagnostics;
using Gatehouse.Secrets;
using Gatehouse.Secrets.Local;

namespace Gatehouse.Tests.Secrets.Local;

public sealed class LocalVaultTests : SecretVaultContract, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<LocalVault> vaults = [];

    public override async Task DisposeAsync()
    {
        foreach (var vault in vaults) await vault.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_local_vault_loads_no_Azure_assembly()
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(LocalVaultTests).Assembly.Location, "local-vault", folder.Path])
            {
                RedirectStandardOutput = true,
            })!;
        var assemblies = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("Gatehouse.Core", assemblies);
        Assert.DoesNotContain(assemblies, name => name.StartsWith("Azure.", StringComparison.Ordinal));
    }

    /// <summary>The other process.</summary>
    public static async Task<int> PrintAssembliesAsync(string path)
    {
        await using var vault = LocalVault.Open(Path.Combine(path, "vault.db"), Path.Combine(path, "vault.key"));
        await vault.SetAsync("name", "value", CancellationToken.None);
        await vault.GetOrAddAsync("name", "value", CancellationToken.None);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies()) Console.WriteLine(assembly.GetName().Name);
        return 0;
    }

    protected override Task<ISecretVault> OpenAsync()
    {
        vaults.Add(LocalVault.Open(folder["vault.db"], folder["vault.key"]));
        return Task.FromResult<ISecretVault>(vaults[^1]);
    }
}
