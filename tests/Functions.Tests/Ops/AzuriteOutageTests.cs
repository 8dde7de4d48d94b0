using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>
/// Counts each message exactly once while the store stops repeatedly in the middle of requests. The number of outages is 3, or
/// the value of <c>GATEHOUSE_OUTAGES</c>. On the server only: this tests the store under the counts, and
/// <see cref="EventsTests"/> runs on both heads.
/// </summary>
/// <remarks>
/// Azurite is stopped by SIGINT and not killed. It writes to its disk every five seconds only, so a killed Azurite loses writes
/// that it has acknowledged. Azure Table Storage does not.
/// </remarks>
public sealed class AzuriteOutageTests
{
    private const int Writers = 4;

    private static readonly int Outages = int.TryParse(Environment.GetEnvironmentVariable("GATEHOUSE_OUTAGES"), out var outages) ? outages : 3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_message_counts_once_through_any_number_of_outages(bool shared)
    {
        using var tables = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        await using var azurite = await AzuriteServer.StartAsync(tables.Path);
        var random = new Random(20240515);
        var writers = Enumerable.Range(0, Writers).Select(number => new UsageWriter(shared ? "" : $"{number}/", random.Next())).ToList();
        var (process, api) = await GatehouseProcess.ServeAsync(
            folder.Path, ("Storage__Provider", "AzureTables"), ("Storage__ConnectionString", azurite.ConnectionString()));
        using (process)
        using (api)
        {
            var application = await api.CreateUnlimitedApplicationAsync();
            using var done = new CancellationTokenSource();
            var answers = new Countdown(random.Next(1, 40));
            // Each writer continues at its position before, during and after an outage.
            var work = writers.Select(writer => writer.WriteAsync(api, application, () => Volatile.Read(ref answers).Signal(), done.Token)).ToList();
            for (var outage = 0; outage < Outages; outage++)
            {
                await answers.Reached;
                await azurite.StopAsync();
                Volatile.Write(ref answers, new Countdown(random.Next(1, 40)));
                await azurite.RestartAsync();
            }
            await answers.Reached;
            await done.CancelAsync();
            await Task.WhenAll(work);

            foreach (var writer in writers) await writer.FinishAsync(api, application);
            await UsageWriter.AssertCountsAsync(api, application, [.. writers.SelectMany(writer => writer.Sent).Distinct()]);
        }
    }
}
