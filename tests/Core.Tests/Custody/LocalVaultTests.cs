using Gatehouse.Custody;

namespace Gatehouse.Tests.Custody;

public sealed class LocalVaultTests : SecretVaultContract, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<LocalVault> vaults = [];

    public override async Task DisposeAsync()
    {
        foreach (var vault in vaults) await vault.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    protected override Task<ISecretVault> OpenAsync()
    {
        vaults.Add(LocalVault.Open(folder["vault.db"], folder["vault.key"]));
        return Task.FromResult<ISecretVault>(vaults[^1]);
    }
}
