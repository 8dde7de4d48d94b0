using System.Globalization;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
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
                Wrap<ITableStore>(services, store => new CountingStore(store, operations));
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

    private Task RunAsync(string timer)
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
    private sealed class CountingStore(ITableStore inner, Counter counter) : InterposedStore(inner)
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
