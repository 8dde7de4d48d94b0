using System.Globalization;
using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

public sealed class MasterTokensTests : IAsyncLifetime
{
    private readonly AppId id = AppId.Generate();
    private readonly ApiToken first = ApiToken.Generate();
    private readonly ApiToken second = ApiToken.Generate();
    private CustodyScene scene = null!;
    private MasterTokens masters = null!;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        masters = scene.Start().Masters;
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), first.Reveal(), None);
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_token_is_cached()
    {
        for (var use = 0; use < 3; use++) Assert.Equal(first.Fingerprint, await UseAsync());
        Assert.Equal(1, scene.Vault.Gets);

        scene.Clock.Advance(VaultCredential.CacheTime);
        await UseAsync();
        Assert.Equal(2, scene.Vault.Gets);
    }

    [Fact]
    public async Task A_refused_token_is_read_again_and_the_work_is_repeated_with_the_new_one()
    {
        await UseAsync();
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), second.Reveal(), None);
        Assert.Equal(second.Fingerprint, await UseAsync(refused: first));
        Assert.Equal(second.Fingerprint, await UseAsync());
        Assert.Empty(scene.Announced);
    }

    [Fact]
    public async Task A_refused_token_that_the_vault_still_holds_is_announced_and_not_tried_again()
    {
        await UseAsync();
        var tries = 0;
        for (var use = 0; use < 2; use++)
        {
            var refusal = await Assert.ThrowsAsync<PlatformException>(() => masters.UseAsync<string>(
                id,
                _ =>
                {
                    tries++;
                    throw PlatformException.InvalidCredential("no");
                },
                None));
            Assert.Equal(PlatformException.InvalidCredentialCode, refusal.Code);
        }
        Assert.Equal(2, tries);
        var announced = Assert.Single(scene.Announced.Values);
        Assert.Equal((CustodyEventKind.MasterTokenRefused, id), (announced.Kind, announced.Application));
    }

    [Fact]
    public async Task Other_refusals_do_not_read_the_vault_again()
    {
        await UseAsync();
        await Assert.ThrowsAsync<PlatformException>(
            () => masters.UseAsync<string>(id, _ => throw PlatformException.Unavailable(), None));
        Assert.Equal(1, scene.Vault.Gets);
    }

    [Fact]
    public async Task A_missing_token_and_an_invalid_one_are_different_faults()
    {
        Assert.Equal(CustodyFault.MasterTokenMissing, await FaultAsync(AppId.Generate()));
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), "no token", None);
        Assert.Equal(CustodyFault.MasterTokenMalformed, await FaultAsync(id));
    }

    [Theory]
    [InlineData("{0}\n")]
    [InlineData("{0}\r\n")]
    [InlineData(" \t{0}\n\n")]
    public async Task White_space_around_a_token_in_the_vault_is_ignored(string format)
    {
        var token = ApiToken.Generate();
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), string.Format(CultureInfo.InvariantCulture, format, token.Reveal()), None);
        Assert.Equal(token.Fingerprint, await UseAsync());
        Assert.True(await masters.IsInVaultAsync(id, token, None));
    }

    private Task<string> UseAsync(ApiToken? refused = null) => masters.UseAsync(
        id,
        credential => credential.Token.Fingerprint == refused?.Fingerprint
            ? throw PlatformException.InvalidCredential("no")
            : Task.FromResult(credential.Token.Fingerprint),
        None);

    private async Task<CustodyFault> FaultAsync(AppId application) =>
        (await Assert.ThrowsAsync<CustodyException>(() => masters.UseAsync(application, _ => Task.CompletedTask, None))).Fault;
}
