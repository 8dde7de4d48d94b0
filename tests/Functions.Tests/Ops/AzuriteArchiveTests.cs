using System.Globalization;
using System.Text.Json;
using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Gatehouse.Tests.Azurite;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>
/// The archive in Azure Table Storage: its rows for other readers, and outages of the store. On the server only: this tests the
/// store under the archive, and <see cref="DailyCountsTests"/> runs on both heads.
/// </summary>
public sealed class AzuriteArchiveTests : IDisposable
{
    private const int Applications = 40;

    // The timers run on request only.
    private static readonly string[] Schedules = ["--ArchiveSchedule", "0 0 0 1 1 *", "--BackfillSchedule", "0 0 0 1 1 *"];

    private readonly TestClock clock = new();
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Microsoft_s_own_JavaScript_client_reads_the_days_with_their_types()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync(folder, clock, settings: Schedules, store: TestStore.Azurite);
        var application = await CreateAsync(gatehouse.Api, messages: 3);
        clock.Set(new DateTimeOffset(2024, 5, 18, 1, 20, 0, TimeSpan.Zero));
        await gatehouse.Services.GetRequiredService<DailyArchive>().RunAsync(default);

        var account = (await TestStore.Azurite.SettingsAsync(folder.Path)).Single(setting => setting.Name == "Storage__ConnectionString").Value;
        var lines = await NodeScript.RunAsync("tests/tables-client", "read-daily-counts.js", account, application);
        var rows = lines.Split('\n').Select(line => JsonElement.Parse(line)).ToList();

        Assert.Equal(
            [("2024-05-15", "3", true), ("2024-05-16", "0", false), ("2024-05-17", "0", false)],
            rows.Select(row => (Text(row, "day"), Text(row, "count"), row.GetProperty("final").GetBoolean())));
        Assert.All(rows, row =>
        {
            Assert.Equal(application, Text(row, "application"));
            Assert.Equal("embedded", Text(row, "source"));
            Assert.Equal(clock.GetUtcNow(), DateTimeOffset.Parse(Text(row, "archivedAt"), CultureInfo.InvariantCulture));
            Assert.Equal(
                """{"Count":"Int64","Source":"string","Final":"boolean","ArchivedAt":"DateTime"}""", row.GetProperty("types").GetRawText());
        });
    }

    // Stopped and not killed: see AzuriteOutageTests.
    [Fact]
    public async Task A_run_interrupted_by_an_outage_is_finished_by_the_next_and_nothing_is_lost_or_duplicated()
    {
        using var tables = new TemporaryFolder();
        await using var azurite = await AzuriteServer.StartAsync(tables.Path);
        string[] settings = [.. Schedules, "--Storage:Provider", "AzureTables", "--Storage:ConnectionString", azurite.ConnectionString()];
        await using var gatehouse = await RunningGatehouse.StartAsync(folder, clock, settings: settings);
        var archive = gatehouse.Services.GetRequiredService<DailyArchive>();
        var created = new List<(string Application, int Messages)>();
        for (var number = 0; number < Applications; number++) created.Add((await CreateAsync(gatehouse.Api, number % 4), number % 4));

        var random = new Random(20240515);
        for (var day = 17; day <= 19; day++)
        {
            clock.Set(new DateTimeOffset(2024, 5, day, 1, 20, 0, TimeSpan.Zero));
            var run = Task.Run(() => TryRunAsync(archive));
            await Task.Delay(random.Next(20, 200));
            await azurite.StopAsync();
            // Once for longer than a run waits. Shorter outages do not end a run.
            if (day == 17) Assert.False(await run);
            await azurite.RestartAsync();
            await run;
            while (!await TryRunAsync(archive))
            {
            }
        }

        foreach (var (application, messages) in created)
        {
            var answer = await gatehouse.Api.GetAsync($"/ops/v1/applications/{application}/daily_counts?from=2024-05-01&to=2024-05-19", Credential.Ops);
            Assert.Equal(
                $$"""{"days":[{"date":"2024-05-15","count":{{messages}},"final":true,"source":"embedded"},{"date":"2024-05-16","count":0,"final":true,"source":"embedded"},{"date":"2024-05-17","count":0,"final":false,"source":"embedded"},{"date":"2024-05-18","count":0,"final":false,"source":"embedded"}],"missing":[],"pending":[],"gaps":[],"total":{{messages}}}""",
                answer.Text);
        }
        Assert.Empty((await gatehouse.Api.GetAsync("/ops/v1/daily_counts/gaps", Credential.Ops)).Ok().GetProperty("applications").EnumerateArray());
    }

    private async Task<string> CreateAsync(PlatformClient api, int messages)
    {
        var answer = await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        var application = answer.Body.GetProperty("app_id").GetString()!;
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var events = Enumerable.Range(0, messages).Select(number =>
            $$"""{"type":"message","message_id":"m-{{number}}","user_id":"u-{{number}}","channel_url":"c","sent_at":{{at}}}""");
        if (messages > 0)
            (await api.PostAsync($"/ops/v1/applications/{application}/events", Credential.Ops, $$"""{"events":[{{string.Join(',', events)}}]}""")).Ok();
        return application;
    }

    // Whether the run ended without a failure.
    private static async Task<bool> TryRunAsync(DailyArchive archive)
    {
        try
        {
            return (await archive.RunAsync(default)).Failures.Count == 0;
        }
        catch (Exception e) when (e is StoreUnavailableException or PlatformException)
        {
            return false;
        }
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;
}
