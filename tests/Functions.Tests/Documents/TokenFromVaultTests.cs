using Azure.Security.KeyVault.Secrets;
using Gatehouse.Tests;
using Gatehouse.Tests.KeyVault;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>The example of docs/consumers.md. It needs no head.</summary>
public sealed class TokenFromVaultTests : IAsyncLifetime
{
    private const string Name = "token-0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B-bot";

    private readonly TestClock clock = new();
    private KeyVaultDouble vault = null!;
    private TokenFromVault tokens = null!;

    public async Task InitializeAsync()
    {
        vault = await KeyVaultDouble.StartAsync();
        vault.Secrets.Add(Name, "first", "1");
        var client = new SecretClient(vault.Address, vault.Credential, new SecretClientOptions { Transport = vault.Transport });
        tokens = new TokenFromVault(client, Name, clock);
    }

    public async Task DisposeAsync() => await vault.DisposeAsync();

    [Fact]
    public async Task A_token_is_kept_for_half_an_hour()
    {
        Assert.Equal("first", await tokens.GetAsync(null, default));
        vault.Secrets.Add(Name, "second", "2");
        clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal("first", await tokens.GetAsync(null, default));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("second", await tokens.GetAsync(null, default));
    }

    [Fact]
    public async Task A_refused_token_is_read_again_at_once()
    {
        var refused = await tokens.GetAsync(null, default);
        vault.Secrets.Add(Name, "second", "2");

        Assert.Equal("second", await tokens.GetAsync(refused, default));
        Assert.Equal("second", await tokens.GetAsync(refused, default));
    }
}
