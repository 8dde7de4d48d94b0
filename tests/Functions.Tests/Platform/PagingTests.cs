using System.Collections.Concurrent;
using FsCheck.Fluent;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class PagingTests(PagingTests.ManyApplications many, TestStore store, Head head)
{
    private PlatformClient Api => many.Gatehouse.Api;

    [Fact]
    public async Task Every_limit_from_1_to_100_yields_each_application_exactly_once()
    {
        var expected = many.Ids.Order().ToList();
        var limits = Enumerable.Range(1, 100).Where(limit => limit % (100 / store.OfHundred) == 0);
        await Parallel.ForEachAsync(limits, async (limit, _) =>
        {
            var pages = await ReadAsync(limit);
            Assert.All(pages[..^1], page => Assert.Equal(limit, page.Count));
            Assert.Equal(expected, pages.SelectMany(page => page).Order());
        });
    }

    [Fact]
    public async Task The_default_limit_is_10()
    {
        var body = (await Api.GetAsync("/v3/applications", Api.Organization)).Ok();

        Assert.Equal(10, body.GetProperty("applications").GetArrayLength());
        Assert.NotEmpty(body.GetProperty("next").GetString()!);
    }

    [Fact]
    public async Task Applications_that_stay_are_each_listed_once_while_others_come_and_go()
    {
        await using var gatehouse = await head.StartAsync(store: store);
        var api = gatehouse.Api;
        var staying = new List<string>();
        for (var i = 0; i < 60; i++) staying.Add((await api.CreateApplicationAsync()).Id);

        using var done = new CancellationTokenSource();
        var churns = new ConcurrentQueue<int>();
        var churn = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                var passing = await api.CreateApplicationAsync("passing");
                (await api.DeleteAsync("/v3/applications", passing.Master)).Ok();
                churns.Enqueue(1);
            }
        }));
        for (var limit = 1; limit <= 100; limit += 300 / store.OfHundred)
        {
            var listed = (await ReadAsync(limit, api)).SelectMany(page => page).ToList();
            Assert.Equal(listed.Count, listed.Distinct().Count());
            Assert.Empty(staying.Except(listed));
        }
        await done.CancelAsync();
        await churn;
        Assert.NotEmpty(churns);
    }

    [Theory]
    [InlineData("0", 400113)]
    [InlineData("101", 400113)]
    [InlineData("-1", 400113)]
    [InlineData("99999999999999999999", 400113)]
    [InlineData("x", 400101)]
    [InlineData("", 400101)]
    [InlineData("1.5", 400101)]
    [InlineData("5&limit=6", 400101)]
    public async Task An_invalid_limit_is_refused(string limit, int code) =>
        (await Api.GetAsync($"/v3/applications?limit={limit}", Api.Organization)).Refused(code);

    [Fact]
    public async Task An_empty_page_token_starts_at_the_first_application() =>
        Assert.Equal(
            (await Api.GetAsync("/v3/applications", Api.Organization)).Text,
            (await Api.GetAsync("/v3/applications?token=", Api.Organization)).Text);

    [Fact]
    public async Task A_page_token_of_another_installation_is_refused()
    {
        await using var other = await head.StartAsync(store: store);
        for (var i = 0; i < 2; i++) await other.Api.CreateApplicationAsync();
        var next = (await other.Api.GetAsync("/v3/applications?limit=1", other.Api.Organization)).Ok().GetProperty("next").GetString();

        (await Api.GetAsync($"/v3/applications?token={next}", Api.Organization)).Refused(400111);
    }

    [Fact]
    public async Task A_forged_page_token_is_refused()
    {
        var genuine = (await Api.GetAsync("/v3/applications?limit=5", Api.Organization)).Ok().GetProperty("next").GetString()!;
        var forged =
            from position in Gen.Choose(0, genuine.Length - 1)
            from character in Gen.Elements("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~%é ".ToCharArray())
            let text = genuine[..position] + character + genuine[(position + 1)..]
            where text != genuine
            select text;

        await Properties.CheckAsync(
            Gen.OneOf(forged, Gen.Elements(genuine[..^1], genuine + "A", "x", "0", genuine + genuine, new string('A', 43))),
            async token => (await Api.GetAsync($"/v3/applications?token={Uri.EscapeDataString(token)}", Api.Organization)).Refused(400111));
    }

    private Task<List<List<string>>> ReadAsync(int limit) => ReadAsync(limit, Api);

    private static async Task<List<List<string>>> ReadAsync(int limit, PlatformClient api)
    {
        var pages = new List<List<string>>();
        for (string? next = null; next != "";)
        {
            var query = next is null ? "" : $"&token={Uri.EscapeDataString(next)}";
            var body = (await api.GetAsync($"/v3/applications?limit={limit}{query}", api.Organization)).Ok();
            pages.Add([.. body.GetProperty("applications").EnumerateArray().Select(one => one.GetProperty("app_id").GetString()!)]);
            next = body.GetProperty("next").GetString()!;
        }
        return pages;
    }

    /// <summary>A running application with 250 applications, which its tests only read.</summary>
    public abstract class ManyApplications(TestStore store, Head head) : IAsyncLifetime
    {
        internal RunningGatehouse Gatehouse { get; private set; } = null!;

        internal IReadOnlyList<string> Ids { get; private set; } = [];

        public async Task InitializeAsync()
        {
            Gatehouse = await head.StartAsync(store: store);
            var created = await Task.WhenAll(Enumerable.Range(0, 250).Select(i => Gatehouse.Api.CreateApplicationAsync($"application {i}")));
            Ids = [.. created.Select(application => application.Id)];
        }

        public async Task DisposeAsync() => await Gatehouse.DisposeAsync();
    }
}

public sealed class PagingOnSqliteTests(PagingOnSqliteTests.Many many)
    : PagingTests(many, TestStore.Sqlite, Head.Server), IClassFixture<PagingOnSqliteTests.Many>
{
    public sealed class Many() : ManyApplications(TestStore.Sqlite, Head.Server);
}

public sealed class PagingOnAzuriteTests(PagingOnAzuriteTests.Many many)
    : PagingTests(many, TestStore.Azurite, Head.Server), IClassFixture<PagingOnAzuriteTests.Many>
{
    public sealed class Many() : ManyApplications(TestStore.Azurite, Head.Server);
}

public sealed class PagingOnFunctionsHostTests(PagingOnFunctionsHostTests.Many many)
    : PagingTests(many, TestStore.Sqlite, Head.FunctionsHost), IClassFixture<PagingOnFunctionsHostTests.Many>
{
    public sealed class Many() : ManyApplications(TestStore.Sqlite, Head.FunctionsHost);
}
