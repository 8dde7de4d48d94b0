using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>
/// Counts each message exactly once while the real process is killed repeatedly in the middle of its work, and while two
/// processes share a store. The number of kills is 20, or the value of <c>GATEHOUSE_CRASHES</c>. On the server only: it is one
/// process that can be killed, and the counting is Core's.
/// </summary>
public abstract class UsageCrashTests(TestStore store)
{
    private const int Writers = 4;

    private static readonly int Crashes = int.TryParse(Environment.GetEnvironmentVariable("GATEHOUSE_CRASHES"), out var crashes) ? crashes : 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_message_counts_once_through_any_number_of_kills(bool shared)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20240515);
        var writers = Enumerable.Range(0, Writers).Select(number => new UsageWriter(shared ? "" : $"{number}/", random.Next())).ToList();
        CreatedApplication? application = null;
        for (var crash = 0; crash < store.Rounds(Crashes); crash++)
        {
            var (process, api) = await ServeAsync(folder);
            using (process)
            using (api)
            {
                application ??= await api.CreateUnlimitedApplicationAsync();
                var answers = new Countdown(random.Next(1, 60));
                var work = Task.WhenAll(writers.Select(writer => writer.WriteAsync(api, application, answers)));
                await answers.Reached;
                await process.KillAsync();
                await work;
            }
        }

        var (last, lastApi) = await ServeAsync(folder);
        using (last)
        using (lastApi)
        {
            foreach (var writer in writers) await writer.FinishAsync(lastApi, application!);
            Assert.All(writers, writer => Assert.NotEqual(0, writer.Answered));
            await UsageWriter.AssertCountsAsync(lastApi, application!, [.. writers.SelectMany(writer => writer.Sent).Distinct()]);
        }
    }

    [Fact]
    public async Task Two_processes_over_one_store_count_one_stream_once()
    {
        using var folder = new TemporaryFolder();
        var (first, firstApi) = await ServeAsync(folder);
        var (second, secondApi) = await ServeAsync(folder);
        using (first)
        using (second)
        using (firstApi)
        using (secondApi)
        {
            var application = await firstApi.CreateUnlimitedApplicationAsync();
            PlatformClient[] apis = [firstApi, secondApi];
            var batches = Enumerable.Range(0, store.Rounds(40)).Select(batch => Enumerable.Range(0, 100).Select(number => $"{batch}/{number}").ToList()).ToList();

            var accepted = await Task.WhenAll(apis.SelectMany(api => Enumerable.Range(0, 4).Select(async part =>
            {
                var sum = 0;
                foreach (var batch in batches.Where((_, index) => index % 4 == part))
                {
                    var answer = (await api.RecordAsync(application, batch.Select(UsageWriter.Message))).Ok();
                    Assert.Equal(batch.Count, answer.GetProperty("accepted").GetInt32() + answer.GetProperty("duplicates").GetInt32());
                    sum += answer.GetProperty("accepted").GetInt32();
                }
                return sum;
            })));

            Assert.Equal(100 * batches.Count, accepted.Sum());
            foreach (var api in apis) await UsageWriter.AssertCountsAsync(api, application, [.. batches.SelectMany(batch => batch)]);
        }
    }

    private async Task<(GatehouseProcess Process, PlatformClient Api)> ServeAsync(TemporaryFolder folder) =>
        await GatehouseProcess.ServeAsync(folder.Path, [.. await store.SettingsAsync(folder.Path)]);
}

public sealed class UsageCrashOnSqliteTests() : UsageCrashTests(TestStore.Sqlite);

public sealed class UsageCrashOnAzuriteTests() : UsageCrashTests(TestStore.Azurite);
