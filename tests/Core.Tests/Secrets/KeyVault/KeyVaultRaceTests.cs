using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Tests.KeyVault;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Secrets.KeyVault;

/// <summary>Several instances and one secret, in the orders that matter, on a test clock.</summary>
public sealed class KeyVaultRaceTests : IAsyncLifetime
{
    private const string Name = "platform-data-key";

    // Version names that sort before and after those of the double.
    private static readonly string First = new('0', 32);
    private static readonly string Last = new('f', 32);

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestClock clock = new();
    private KeyVaultDouble service = null!;

    public async Task InitializeAsync() => service = await KeyVaultDouble.StartAsync(clock);

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task A_late_instance_gets_the_first_value()
    {
        service.Before = Once("PUT", () =>
        {
            service.Secrets.Add(Name, "first", Last, "candidate");
            clock.Advance(TimeSpan.FromSeconds(1));
        });

        var answer = Open().GetOrAddAsync(Name, "late", None).AsTask();
        await ListedAsync(times: 1);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((Last, "first"), ((await answer).Version, (await answer).Reveal()));
        Assert.Equal(["first", "late"], service.Secrets.Values(Name));
        Assert.Equal("first", (await Open().GetAsync(Name, None))!.Reveal());
    }

    [Fact]
    public async Task No_instance_chooses_a_version_in_the_second_of_the_newest_one()
    {
        var made = Open().GetOrAddAsync(Name, "own", None).AsTask();
        await ListedAsync(times: 2);
        var got = Open().GetAsync(Name, None).AsTask();
        await ListedAsync(times: 3);

        service.Secrets.Add(Name, "other", First, "candidate");
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("other", (await made).Reveal());
        Assert.Equal("other", (await got)!.Reveal());
    }

    [Fact]
    public async Task A_value_that_is_set_during_GetOrAdd_takes_precedence()
    {
        service.Before = Once("PUT", () => service.Secrets.Add(Name, "set", Last));

        var made = Open().GetOrAddAsync(Name, "made", None).AsTask();
        await ListedAsync(times: 1);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("set", (await made).Reveal());
        Assert.Equal(["set", "made"], service.Secrets.Values(Name));
        Assert.Equal("set", (await Open().GetAsync(Name, None))!.Reveal());
    }

    [Fact]
    public async Task A_disabled_secret_is_not_replaced_by_GetOrAdd()
    {
        service.Secrets.Add(Name, "first", First, "candidate");
        service.Secrets.Add(Name, "second", Last, "candidate");
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("first", (await Open().GetOrAddAsync(Name, "third", None)).Reveal());

        service.Secrets.Disable(Name, 0);

        var refused = await Assert.ThrowsAsync<VaultException>(async () => await Open().GetOrAddAsync(Name, "third", None));
        Assert.Contains("disabled", refused.Message);
        Assert.Null(refused.RetryAfter);
        Assert.Equal(["first", "second"], service.Secrets.Values(Name));
    }

    [Fact]
    public async Task A_disabled_version_is_an_error_and_no_older_version_is_returned()
    {
        await Open().SetAsync(Name, "old", None);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Open().SetAsync(Name, "new", None);
        service.Secrets.Disable(Name, 1);
        clock.Advance(TimeSpan.FromSeconds(1));

        var refused = await Assert.ThrowsAsync<VaultException>(async () => await Open().GetAsync(Name, None));

        Assert.Contains("disabled", refused.Message);
        await Open().SetAsync(Name, "newest", None);
        Assert.Equal("newest", (await Open().GetAsync(Name, None))!.Reveal());
    }

    private KeyVaultSecretVault Open() =>
        KeyVaultSecretVault.Open(service.Address, service.Credential, TestTimeouts.Short, TimeProvider.System, service.Transport);

    private static Func<HttpContext, Task<bool>> Once(string method, Action act)
    {
        var done = false;
        return context =>
        {
            if (!done && context.Request.Method == method)
            {
                done = true;
                act();
            }
            return Task.FromResult(false);
        };
    }

    // Waits for a number of list requests: then the earlier lists have been evaluated.
    private Task ListedAsync(int times) => Waiting.UntilAsync(() =>
        service.Requests.Count(request => request.EndsWith("/versions", StringComparison.Ordinal)) >= times);
}
