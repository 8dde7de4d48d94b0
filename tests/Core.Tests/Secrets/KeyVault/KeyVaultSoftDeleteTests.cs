using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Tests.KeyVault;

namespace Gatehouse.Tests.Secrets.KeyVault;

/// <summary>Names that are soft-deleted in Key Vault, and identities that may or may not free them.</summary>
public sealed class KeyVaultSoftDeleteTests : IAsyncLifetime
{
    private const string Name = "master-token-1";

    private static readonly CancellationToken None = CancellationToken.None;

    private KeyVaultDouble service = null!;

    public async Task InitializeAsync()
    {
        service = await KeyVaultDouble.StartAsync(KeyVaultDouble.RunningClock());
        service.Transition = TimeSpan.FromSeconds(3);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task A_deleted_secret_is_soft_deleted()
    {
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);

        Assert.Contains("one", service.Secrets.Values(Name));
        Assert.DoesNotContain(service.Requests, request => request.StartsWith("DELETE /deletedsecrets", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Setting_a_deleted_name_recovers_it_and_destroys_nothing()
    {
        service.Forbidden.Add("purge");
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);

        await vault.SetAsync(Name, "two", None);

        Assert.Equal("two", (await vault.GetAsync(Name, None))!.Reveal());
        Assert.Equal("one", service.Secrets.Values(Name)[0]);
        Assert.Contains($"POST /deletedsecrets/{Name}/recover", service.Requests);
    }

    [Fact]
    public async Task An_identity_that_may_only_purge_purges()
    {
        service.Forbidden.Add("recover");
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);

        await vault.SetAsync(Name, "two", None);

        Assert.Equal(["two"], service.Secrets.Values(Name));
    }

    [Fact]
    public async Task An_identity_without_permissions_gets_an_error()
    {
        service.Forbidden.UnionWith(["recover", "purge"]);
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);

        var e = await Assert.ThrowsAsync<VaultException>(async () => await vault.SetAsync(Name, "two", None));

        Assert.Contains("neither recover nor purge", e.Message);
        Assert.Null(e.RetryAfter);
    }

    [Fact]
    public async Task A_recovery_longer_than_the_call_gives_a_Retry_After()
    {
        var vault = Open(TestTimeouts.Short with { Call = TimeSpan.FromMilliseconds(300) });
        await vault.SetAsync(Name, "one", None);
        service.Transition = TimeSpan.FromHours(1);
        await vault.DeleteAsync(Name, None);

        var e = await Assert.ThrowsAsync<VaultException>(async () => await vault.SetAsync(Name, "two", None));

        Assert.True(e.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task GetOrAdd_recovers_a_secret_that_was_deleted_by_hand()
    {
        var vault = Open();
        var made = await vault.GetOrAddAsync(Name, "what everything is sealed under", None);
        service.Secrets.Delete(Name);
        Assert.Null(await vault.GetAsync(Name, None));

        var again = await vault.GetOrAddAsync(Name, "another", None);

        Assert.Equal((made.Version, made.Reveal()), (again.Version, again.Reveal()));
    }

    [Fact]
    public async Task A_recovered_name_without_a_new_version_has_no_secret()
    {
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);
        var killed = Open(TestTimeouts.Short with { Call = TimeSpan.FromSeconds(5) });
        // The recovery is done, and the write after it is refused.
        service.Before = async context =>
        {
            if (!(context.Request.Method == "PUT" && service.Requests.Any(request => request.EndsWith("/recover", StringComparison.Ordinal))))
                return false;
            await KeyVaultDouble.RefuseAsync(context, 403, "Forbidden", "No more.");
            return true;
        };
        await Assert.ThrowsAsync<VaultException>(async () => await killed.SetAsync(Name, "two", None));
        service.Before = _ => Task.FromResult(false);

        Assert.Null(await vault.GetAsync(Name, None));
        Assert.Equal("three", (await vault.GetOrAddAsync(Name, "three", None)).Reveal());
    }

    [Fact]
    public async Task Concurrent_sets_of_a_deleted_name_all_succeed()
    {
        var vault = Open();
        await vault.SetAsync(Name, "one", None);
        await vault.DeleteAsync(Name, None);

        var set = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            index => Task.Run(async () => await Open().SetAsync(Name, $"value {index}", None))));

        Assert.Equal(6, set.Select(secret => secret.Version).Distinct().Count());
        Assert.Contains((await vault.GetAsync(Name, None))!.Version, set.Select(secret => secret.Version));
    }

    private KeyVaultSecretVault Open(KeyVaultTimeouts? timeouts = null) => KeyVaultSecretVault.Open(
        service.Address, service.Credential, timeouts ?? TestTimeouts.Short, TimeProvider.System, service.Transport);
}
