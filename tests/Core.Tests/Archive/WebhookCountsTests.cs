using Gatehouse.Archive;
using Gatehouse.Storage;
using Gatehouse.Usage;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive;

/// <summary>With a hosted platform, the webhooks' counts are stored beside the platform's and compared.</summary>
public sealed class WebhookCountsTests : IAsyncLifetime
{
    private ArchiveScene scene = null!;
    private ArchiveInstance instance = null!;
    private AppId id;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        scene.Settings = new ArchiveSettings { Source = CountSources.Hosted, KeepsWebhookCounts = true };
        instance = scene.Start();
        id = await scene.AddAsync();
        for (var day = Day("2024-05-15"); day < Day("2024-07-01"); day = day.AddDays(1)) scene.Say(id, day, 1000);
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Both_counts_are_in_one_row_from_the_first_day_with_webhooks()
    {
        await TellAsync(Day("2024-05-18"), 400);
        await TellAsync(Day("2024-05-19"), 1000);
        await scene.RunOnAsync(Day("2024-05-25"), instance);
        var days = await scene.DaysAsync(id);
        Assert.All(days, day => Assert.Equal("hosted", day.Source));
        Assert.Equal([null, null, null, 400L, 1000L, 0L, 0L, 0L, 0L, 0L], days.Select(day => day.WebhookCount));
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(990, 0)]
    [InlineData(1010, 0)]
    [InlineData(989, 1)]
    [InlineData(1011, 1)]
    [InlineData(0, 1)]
    public async Task A_difference_above_one_percent_on_a_final_day_raises_one_alert(long told, int alerts)
    {
        await TellAsync(Day("2024-05-18"), 3);
        await TellAsync(Day("2024-05-19"), told);
        await TellAsync(Day("2024-05-20"), 1000);
        await TellAsync(Day("2024-05-21"), 5);
        await scene.RunOnAsync(Day("2024-05-21"), instance);
        Assert.Empty(await scene.AlertsAsync());
        await scene.RunOnAsync(Day("2024-05-22"), instance);
        await scene.RunOnAsync(Day("2024-05-23"), instance);
        var raised = await scene.AlertsAsync();
        Assert.Equal(alerts, raised.Count);
        if (alerts == 0) return;
        var alert = raised[0];
        Assert.Equal(
            ($"archive.difference:{id}:2024-05-19", "archive.difference", "2024-05-19", "1000", $"{told}"),
            (alert.GetString("Key"), alert.GetString("Type"), alert.GetString("Fact_date"), alert.GetString("Fact_count"),
                alert.GetString("Fact_webhook_count")));
        await instance.Backfills.OrderAsync(id, new DayRange(Day("2024-05-15"), Day("2024-05-20")), None);
        await instance.Backfills.RunAsync(None);
        Assert.Single(await scene.AlertsAsync());
    }

    [Fact]
    public async Task An_application_without_webhooks_is_not_compared()
    {
        await scene.RunOnAsync(Day("2024-06-25"), instance);
        Assert.Empty(await scene.AlertsAsync());
        Assert.All(await scene.DaysAsync(id), day => Assert.Null(day.WebhookCount));
    }

    [Fact]
    public async Task A_crash_between_the_alert_and_the_final_day_does_not_lose_the_alert()
    {
        await TellAsync(Day("2024-05-15"), 3);
        scene.GoTo(Day("2024-05-20"));
        scene.Store.BeforeCommit = table => table == Table ? throw new StoreUnavailableException("down") : Task.CompletedTask;
        Assert.Equal(1, (await instance.Archive.RunAsync(None)).Run.Failed);
        Assert.Equal(2, (await scene.AlertsAsync()).Count(alert => alert.GetString("Type") == "archive.difference"));
    }

    private async Task TellAsync(DateOnly day, long count) => await scene.Store.CommitAsync(
        UsageKeys.Table, UsageKeys.Messages(id, 5),
        [RowChange.Put(new TableRow(UsageKeys.Count(day), (MessageLedger.CountProperty, count)))], None);
}
