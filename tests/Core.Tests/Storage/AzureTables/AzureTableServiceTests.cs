using System.Diagnostics;
using Azure.Identity;
using Gatehouse.Storage;
using Gatehouse.Storage.AzureTables;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Tests.Storage.AzureTables;

/// <summary>The store and the service: identity, refusals, retries, pages.</summary>
public sealed class AzureTableServiceTests : IAsyncLifetime
{
    private const string Table = "Things";

    private static readonly CancellationToken None = CancellationToken.None;

    private TablesProxy proxy = null!;
    private AzureTableStore store = null!;

    public async Task InitializeAsync()
    {
        proxy = await TablesProxy.StartAsync();
        store = Open(AzureTableTimeouts.Default with { FirstDelay = TimeSpan.FromMilliseconds(1), LongestDelay = TimeSpan.FromMilliseconds(5) });
    }

    public async Task DisposeAsync() => await proxy.DisposeAsync();

    [Fact]
    public async Task An_identity_reads_and_writes_with_a_token_for_storage()
    {
        (await WriteAsync("a")).OrThrow();

        Assert.Equal(1, (await store.GetAsync(Table, "p", "a", None))!.GetInt64("Value"));
        Assert.Equal(["https://storage.azure.com/.default"], proxy.Credential.Scopes);
        Assert.Equal(1, proxy.Credential.Issued);
    }

    [Fact]
    public async Task A_token_that_the_service_refuses_is_replaced_by_one_of_the_tenant_it_names()
    {
        await WriteAsync("a");
        proxy.Credential.Revoke();

        (await WriteAsync("b")).OrThrow();

        Assert.Equal(1, proxy.Credential.Issued);
    }

    [Fact]
    public async Task A_missing_credential_is_reported()
    {
        proxy.Credential.Failure = new CredentialUnavailableException("none");
        Assert.Contains("There is no credential", (await FaultAsync()).Message, StringComparison.Ordinal);
        proxy.Credential.Failure = new AuthenticationFailedException("expired");
        Assert.Contains("refused or has expired", (await FaultAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_role_is_reported()
    {
        proxy.Around = (context, _) => TablesProxy.Refuse(context, 403, "AuthorizationPermissionMismatch");

        var fault = await FaultAsync();

        Assert.Contains("Storage Table Data Contributor", fault.Message, StringComparison.Ordinal);
        Assert.Contains("AuthorizationPermissionMismatch", fault.Message, StringComparison.Ordinal);
        Assert.True(fault.IsLasting);
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public async Task A_wrong_key_is_refused_and_not_shown()
    {
        var wrong = Convert.ToBase64String("another key that is none of the account"u8);
        var other = AzureTableStore.Open(
            proxy.Direct.Replace(Convert.ToBase64String(new byte[32]), wrong, StringComparison.Ordinal),
            AzureTableTimeouts.Default, TimeProvider.System);

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await other.GetAsync(Table, "p", "a", None));

        Assert.Contains("refuses access", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_temporary_refusal_is_retried(int status)
    {
        var left = 2;
        proxy.Around = async (context, _) => Interlocked.Decrement(ref left) >= 0 && await TablesProxy.Refuse(context, status, "Passing");

        Assert.Null(await store.GetAsync(Table, "p", "a", None));

        Assert.Equal(3, proxy.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_After_is_respected(int status)
    {
        var left = 1;
        proxy.Around = async (context, _) => Interlocked.Decrement(ref left) >= 0 && await TablesProxy.Refuse(context, status, "Busy", "1");
        var waited = Stopwatch.StartNew();

        (await WriteAsync("a")).OrThrow();

        Assert.True(waited.Elapsed >= TimeSpan.FromMilliseconds(950), $"{waited.Elapsed}");
    }

    [Fact]
    public async Task A_service_that_keeps_failing_ends_the_call()
    {
        proxy.Around = (context, _) => TablesProxy.Refuse(context, 500, "InternalError");

        Assert.Contains("status 500 (InternalError)", (await FaultAsync()).Message, StringComparison.Ordinal);

        Assert.Equal(1 + AzureTableTimeouts.Default.Retries, proxy.Requests.Count);
    }

    [Fact]
    public async Task A_Retry_After_longer_than_the_call_ends_the_call()
    {
        proxy.Around = (context, _) => TablesProxy.Refuse(context, 503, "ServerBusy", "3600");
        store = Open(AzureTableTimeouts.Default with { Call = TimeSpan.FromMilliseconds(300) });

        Assert.Contains("has not answered in time", (await FaultAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_caller_stops_waiting()
    {
        using var source = new CancellationTokenSource();
        proxy.Around = async (context, passOn) =>
        {
            await source.CancelAsync();
            return await TablesProxy.Hang(context, passOn);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.GetAsync(Table, "p", "a", source.Token));
    }

    [Theory]
    [InlineData("this is no JSON")]
    [InlineData("{\"value\":[{\"a@odata.type\":\"Edm.Unknown\",\"a\":1}]}")]
    public async Task An_unreadable_answer_is_a_failure(string body)
    {
        proxy.Around = async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(body));
            return true;
        };

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadAsync(Table, "p", RowRange.All, 10, None));
    }

    [Fact]
    public async Task Short_pages_are_combined()
    {
        await store.CommitAsync(Table, "p", [.. Enumerable.Range(0, 25).Select(row => RowChange.Insert(Row($"{row:d2} it's")))], None);
        // The service may end a page anywhere.
        proxy.Around = (context, _) =>
        {
            var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!;
            target.RawTarget = target.RawTarget.Replace("top=20", "top=3", StringComparison.Ordinal);
            return Task.FromResult(false);
        };

        var rows = await store.ReadAsync(Table, "p", RowRange.All, 20, None);

        Assert.Equal(Enumerable.Range(0, 20).Select(row => $"{row:d2} it's"), rows.Select(row => row.Key));
        Assert.Equal(1 + 2 + 7, proxy.Requests.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("AccountName=name;AccountKey=not base64;EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=name;EndpointSuffix=core.windows.net")]
    public void An_invalid_connection_string_is_refused_and_not_shown(string text)
    {
        var fault = Assert.Throws<FormatException>(() => AzureTableStore.Open(text, AzureTableTimeouts.Default, TimeProvider.System));

        if (text.Length > 0) Assert.DoesNotContain(text, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=name;AccountKey=AAAA;EndpointSuffix=core.windows.net", "https://name.table.core.windows.net/")]
    [InlineData("AccountName=name;AccountKey=AAAA==;TableEndpoint=https://tables.example.com/", "https://tables.example.com/")]
    public void A_connection_string_names_the_account(string text, string account) => Assert.Equal(
        account, AzureTableStore.Open(text.Replace("AAAA==", "AA==", StringComparison.Ordinal), AzureTableTimeouts.Default, TimeProvider.System).Account.AbsoluteUri);

    private static TableRow Row(string key) => new(key, ("Value", 1));

    private AzureTableStore Open(AzureTableTimeouts timeouts) =>
        AzureTableStore.Open(proxy.Address, proxy.Credential, timeouts, TimeProvider.System, proxy.Transport);

    private ValueTask<CommitResult> WriteAsync(string row) => store.CommitAsync(Table, "p", [RowChange.Insert(Row(row))], None);

    private async Task<StoreUnavailableException> FaultAsync() =>
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.GetAsync(Table, "p", "a", None));
}
