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

    [Fact]
    public async Task A_description_is_stored_with_its_version_and_an_expired_secret_can_be_read()
    {
        var vault = await OpenAsync();
        var end = DateTimeOffset.UtcNow.AddDays(-1);
        await vault.SetAsync("described", "value", new SecretDescription("API token", end, new Dictionary<string, string> { ["label"] = "bot" }), default);
        var newest = service.Secrets.Newest("described");
        Assert.Equal("API token", newest["contentType"]!.GetValue<string>());
        Assert.Equal(end.ToUnixTimeSeconds(), newest["attributes"]!["exp"]!.GetValue<long>());
        Assert.Equal("bot", newest["tags"]!["label"]!.GetValue<string>());
        Assert.Equal("value", (await vault.GetAsync("described", default))!.Reveal());

        await vault.SetAsync("described", "next", default);
        newest = service.Secrets.Newest("described");
        Assert.Null(newest["contentType"]);
        Assert.Null(newest["attributes"]!["exp"]);
    }

    protected override Task<ISecretVault> OpenAsync() => Task.FromResult<ISecretVault>(
        KeyVaultSecretVault.Open(service.Address, service.Credential, TestTimeouts.Short, TimeProvider.System, service.Transport));
}
