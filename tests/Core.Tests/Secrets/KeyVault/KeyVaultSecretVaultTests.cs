using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Tests.KeyVault;

namespace Gatehouse.Tests.Secrets.KeyVault;

/// <summary>
/// The contract over the real client and the double, with a fast clock and deletions that take two seconds.
/// </summary>
public sealed class KeyVaultSecretVaultTests : SecretVaultContract
{
    private KeyVaultDouble service = null!;

    public override async Task InitializeAsync()
    {
        service = await KeyVaultDouble.StartAsync(KeyVaultDouble.RunningClock());
        service.Transition = TimeSpan.FromSeconds(2);
        service.PageSize = 2;
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync() => await service.DisposeAsync();

    protected override Task<ISecretVault> OpenAsync() => Task.FromResult<ISecretVault>(
        KeyVaultSecretVault.Open(service.Address, service.Credential, TestTimeouts.Short, TimeProvider.System, service.Transport));
}
