using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
using Gatehouse.Jobs;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Runs each timer and compares its number of store and vault requests with the operations guide. On the server only: the
/// requests are made by Core, the same on both heads.
/// </summary>
public sealed class OperationCostTests : IAsyncLifetime
{
    // Reaches another day; four times this is less than the four days that marks are kept.
    private static readonly TimeSpan Day = TimeSpan.FromHours(23);

    private readonly TestClock clock = new();
    private readonly Counter operations = new();
    private readonly Counter reads = new();
    private readonly Counter commits = new();
    private RunningGatehouse platform = null!;
    private RunningGatehouse facade = null!;

    public async Task InitializeAsync()
    {
        platform = await RunningGatehouse.StartAsync(clock: clock);
        facade = await RunningGatehouse.StartHostedAsync(
            platform.Api.Address, clock: clock,
            // Only the test runs timers.
            settings: [.. GatehouseSettings.Schedules.Keys.SelectMany(schedule => (string[])[$"--{schedule}", "0 0 0 1 1 *"])],
            configure: services =>
            {
                Wrap<ITableStore>(services, store => new CountingStore(store, operations, commits));
                Wrap<ISecretVault>(services, vault => new CountingVault(vault, reads));
            });
    }

    public async Task DisposeAsync()
    {
        await facade.DisposeAsync();
        await platform.DisposeAsync();
    }

    [Fact]
    public async Task Idle_timers_make_the_documented_number_of_reads()
    {
        foreach (var timer in (string[])[nameof(RotateTokens), nameof(DeliverAlerts), nameof(RunBackfills)])
            Assert.Equal((Documented(timer), 0), await CostAsync(timer));
        // Runs every ten minutes; the guide has the reads a minute.
        var purge = await CostAsync(nameof(PurgeCalls));
        Assert.Equal((Documented(nameof(PurgeCalls)), 0), (purge.Operations / 10m, purge.Reads));
    }

    [Fact]
    public async Task An_application_costs_the_documented_operations_a_day()
    {
        var few = await DayAsync();
        var more = await DayAsync();
        (string, decimal, int) Each(string timer) =>
            (timer, more[timer].Operations - few[timer].Operations, more[timer].Reads - few[timer].Reads);

        var (adoption, rows, reads) = Each(nameof(AdoptApplications));
        Assert.Equal((adoption, Documented(adoption), 0), (adoption, 24 * rows, reads));
        Assert.Equal((nameof(ArchiveMessageCounts), Documented(nameof(ArchiveMessageCounts)), 1), Each(nameof(ArchiveMessageCounts)));
        Assert.Equal((nameof(CheckPushCredentials), Documented(nameof(CheckPushCredentials)), 1), Each(nameof(CheckPushCredentials)));
        // Here one of sixteen shards has a mark. The guide assumes marks in all of them, which costs one more read each.
        var (purge, marked, _) = Each(nameof(PurgeUsageMarks));
        Assert.Equal(Documented(purge), marked + 15);
    }

    [Fact]
    public async Task Changes_make_the_documented_number_of_commits()
    {
        const string Applications = "/ops/v1/applications";
        var (_, create) = await ChangeAsync(HttpMethod.Post, Applications, """{"name":"one"}""");
        var (application, createOnce) = await ChangeAsync(HttpMethod.Post, Applications, """{"name":"two"}""", "key-1");
        var path = $"{Applications}/{application.GetProperty("app_id")}";
        var tokens = $"{path}/tokens";
        var (answered, issue) = await ChangeAsync(HttpMethod.Post, tokens, """{"label":"a","deliver":"response"}""");
        var (stored, issueToVault) = await ChangeAsync(HttpMethod.Post, tokens, """{"label":"b","deliver":"vault"}""");
        var (_, issueOnce) = await ChangeAsync(HttpMethod.Post, tokens, """{"label":"c","deliver":"response"}""", "key-2");
        var (next, rotate) = await ChangeAsync(HttpMethod.Post, Rotation(answered), """{"overlap_seconds":60}""");
        var (_, rotateToVault) = await ChangeAsync(HttpMethod.Post, Rotation(stored), """{"overlap_seconds":60}""");
        var (last, rotateAtOnce) = await ChangeAsync(HttpMethod.Post, Rotation(next), "{}");
        var (_, rotateOnce) = await ChangeAsync(HttpMethod.Post, Rotation(last), """{"overlap_seconds":60}""", "key-3");
        var (_, revoke) = await ChangeAsync(HttpMethod.Delete, $"{tokens}/{last.GetProperty("token_id")}");
        var (_, delete) = await ChangeAsync(HttpMethod.Delete, $"{path}?confirm=two");

        var guide = Repository.Read("docs/storage.md");
        Assert.Equal(rotateToVault, rotateAtOnce);
        foreach (var row in (string[])
            [
                $"| Create an application | {create} |", $"| Issue a token | {issue}; {issueToVault} to the vault |",
                $"| Rotate a token, with its alert | {rotate}; {rotateToVault} to the vault, or without overlap |",
                $"| Revoke a token | {revoke} |", $"| Delete an application | {delete} |",
            ])
        {
            Assert.Contains(row, guide);
        }
        Assert.Equal((create + 1, issue + 1, rotate + 1), (createOnce, issueOnce, rotateOnce));

        string Rotation(JsonElement token) => $"{tokens}/{token.GetProperty("token_id")}/rotate";
    }

    private async Task<(JsonElement Answer, int Commits)> ChangeAsync(HttpMethod method, string path, string? json = null, string? key = null)
    {
        using var http = new HttpClient { BaseAddress = facade.Api.Address };
        var before = commits.Value;
        string? first = null;
        // With a key, the repetition makes no commit.
        for (var times = key is null ? 1 : 2; times > 0; times--)
        {
            using var request = new HttpRequestMessage(method, path);
            if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            Credential.Ops.AddTo(request);
            using var response = await http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, path);
            var text = await response.Content.ReadAsStringAsync();
            Assert.Equal(first ??= text, text);
        }
        return (first!.Length == 0 ? default : JsonElement.Parse(first), commits.Value - before);
    }

    // The cost of a day's timers after one more application was added and its past was archived.
    private async Task<Dictionary<string, (decimal Operations, int Reads)>> DayAsync()
    {
        var application = await platform.Api.CreateApplicationAsync();
        await RunAsync(nameof(AdoptApplications));
        var sentAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        (await facade.Api.PostAsync(
            $"/ops/v1/applications/{application.Id}/events", Credential.Ops,
            $$"""{"events": [{"type": "message", "message_id": "m-1", "user_id": "ann", "channel_url": "pier", "sent_at": {{sentAt}}}]}""")).Ok();
        clock.Advance(Day);
        await RunAsync(nameof(ArchiveMessageCounts));
        clock.Advance(Day);

        var costs = new Dictionary<string, (decimal, int)>();
        foreach (var timer in (string[])[nameof(AdoptApplications), nameof(ArchiveMessageCounts), nameof(CheckPushCredentials), nameof(PurgeUsageMarks)])
        {
            // Cached master tokens expire between two timers.
            clock.Advance(TimeSpan.FromMinutes(10));
            costs[timer] = await CostAsync(timer);
        }
        return costs;
    }

    private async Task<(decimal Operations, int Reads)> CostAsync(string timer)
    {
        var before = (Operations: operations.Value, Reads: reads.Value);
        await RunAsync(timer);
        return (operations.Value - before.Operations, reads.Value - before.Reads);
    }

    private Task<JobResult> RunAsync(string timer)
    {
        return timer switch
        {
            nameof(RotateTokens) => Of<RotateTokens>().RunAsync(default),
            nameof(DeliverAlerts) => Of<DeliverAlerts>().RunAsync(default),
            nameof(RunBackfills) => Of<RunBackfills>().RunAsync(default),
            nameof(PurgeCalls) => Of<PurgeCalls>().RunAsync(default),
            nameof(AdoptApplications) => Of<AdoptApplications>().RunAsync(default),
            nameof(ArchiveMessageCounts) => Of<ArchiveMessageCounts>().RunAsync(default),
            nameof(CheckPushCredentials) => Of<CheckPushCredentials>().RunAsync(default),
            nameof(PurgeUsageMarks) => Of<PurgeUsageMarks>().RunAsync(default),
            _ => throw new ArgumentOutOfRangeException(nameof(timer), timer, "There is no such timer."),
        };

        T Of<T>() => ActivatorUtilities.CreateInstance<T>(facade.Services);
    }

    // The number after the timer's name in the guide's section on cost.
    private static decimal Documented(string timer)
    {
        var guide = Repository.Read("docs/operations.md");
        var number = Regex.Match(guide[guide.IndexOf("## What it costs", StringComparison.Ordinal)..], $@"`{timer}` ([\d.]+)").Groups[1].Value;
        return decimal.Parse(number, CultureInfo.InvariantCulture);
    }

    private static void Wrap<T>(IServiceCollection services, Func<T, T> over)
        where T : class
    {
        var own = services.Last(service => service.ServiceType == typeof(T));
        services.AddSingleton(provider => over((T)(own.ImplementationInstance ?? own.ImplementationFactory!(provider))));
    }

    // Counts requests to Azure, which takes one request for each row.
    private sealed class CountingStore(ITableStore inner, Counter counter, Counter commits) : InterposedStore(inner)
    {
        public override ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation)
        {
            counter.Add(1);
            return base.GetAsync(table, partition, row, cancellation);
        }

        public override ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
            string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation)
        {
            counter.Add(rows.Count);
            return base.GetManyAsync(table, partition, rows, cancellation);
        }

        public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation)
        {
            counter.Add(1);
            return base.ReadAsync(table, partition, range, most, cancellation);
        }

        public override ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
            string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation)
        {
            counter.Add(partitions.Count);
            return base.ReadEachAsync(table, partitions, range, most, cancellation);
        }

        public override ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
        {
            counter.Add(1);
            commits.Add(1);
            return base.CommitAsync(table, partition, changes, cancellation);
        }
    }

    private sealed class CountingVault(ISecretVault inner, Counter counter) : ISecretVault
    {
        public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
        {
            counter.Add(1);
            return inner.GetAsync(name, cancellation);
        }

        public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation) => inner.SetAsync(name, value, description, cancellation);

        public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) =>
            inner.GetOrAddAsync(name, value, cancellation);

        public ValueTask DeleteAsync(string name, CancellationToken cancellation) => inner.DeleteAsync(name, cancellation);
    }

    private sealed class Counter
    {
        private int value;

        public int Value => Volatile.Read(ref value);

        public void Add(int count) => Interlocked.Add(ref value, count);
    }
}
