using System.Globalization;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>
/// Counts exactly once, whatever happens: the real process is killed again and again in the middle of its work, and real
/// processes share a store. The number of kills is 20, or what <c>GATEHOUSE_CRASHES</c> says.
/// </summary>
public sealed class UsageCrashTests
{
    private const int Writers = 4;
    private const string FirstDay = "2024-02-28";
    private const string LastDay = "2024-03-01";

    private static readonly int Crashes = int.TryParse(Environment.GetEnvironmentVariable("GATEHOUSE_CRASHES"), out var crashes) ? crashes : 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_message_counts_once_through_any_number_of_kills(bool shared)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20240515);
        var writers = Enumerable.Range(0, Writers).Select(number => new Writer(shared ? "" : $"{number}/", random.Next())).ToList();
        CreatedApplication? application = null;
        for (var crash = 0; crash < Crashes; crash++)
        {
            var (process, api) = await GatehouseProcess.ServeAsync(folder.Path);
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

        var (last, lastApi) = await GatehouseProcess.ServeAsync(folder.Path);
        using (last)
        using (lastApi)
        {
            foreach (var writer in writers) await writer.FinishAsync(lastApi, application!);
            Assert.All(writers, writer => Assert.NotEqual(0, writer.Answered));
            await AssertCountsAsync(lastApi, application!, [.. writers.SelectMany(writer => writer.Sent).Distinct()]);
        }
    }

    [Fact]
    public async Task Two_processes_over_one_store_count_one_stream_once()
    {
        using var folder = new TemporaryFolder();
        var (first, firstApi) = await GatehouseProcess.ServeAsync(folder.Path);
        var (second, secondApi) = await GatehouseProcess.ServeAsync(folder.Path);
        using (first)
        using (second)
        using (firstApi)
        using (secondApi)
        {
            var application = await firstApi.CreateUnlimitedApplicationAsync();
            PlatformClient[] apis = [firstApi, secondApi];
            var batches = Enumerable.Range(0, 40).Select(batch => Enumerable.Range(0, 100).Select(number => $"{batch}/{number}").ToList()).ToList();

            var accepted = await Task.WhenAll(apis.SelectMany(api => Enumerable.Range(0, 4).Select(async part =>
            {
                var sum = 0;
                foreach (var batch in batches.Where((_, index) => index % 4 == part))
                {
                    var answer = (await api.RecordAsync(application, batch.Select(Message))).Ok();
                    Assert.Equal(batch.Count, answer.GetProperty("accepted").GetInt32() + answer.GetProperty("duplicates").GetInt32());
                    sum += answer.GetProperty("accepted").GetInt32();
                }
                return sum;
            })));

            Assert.Equal(4_000, accepted.Sum());
            foreach (var api in apis) await AssertCountsAsync(api, application, [.. batches.SelectMany(batch => batch)]);
        }
    }

    private static async Task AssertCountsAsync(PlatformClient api, CreatedApplication application, IReadOnlyCollection<string> ids)
    {
        var counts = await api.DailyCountsAsync(application, FirstDay, LastDay);
        Assert.Equal(ids.Count, counts.Sum(count => count.Count));
        foreach (var (day, count) in counts)
        {
            var own = ids.Where(id => $"{DayOf(id):yyyy-MM-dd}" == day).ToList();
            Assert.Equal(own.Count, count);
            Assert.Equal(
                own.Select(UserOf).Distinct().Count(),
                (await api.GetAsync($"/v3/applications/dau?date={day}", application.Master)).Ok().GetProperty("dau").GetInt32());
        }
    }

    // What a message is follows from its id, whoever sends it: one of three days, one of fifty users.
    private static string Message(string id) =>
        $$"""{"type":"message","message_id":"{{id}}","user_id":"{{UserOf(id)}}","channel_url":"c","sent_at":{{DayOf(id).ToUnixTimeMilliseconds()}}}""";

    private static DateTimeOffset DayOf(string id) =>
        DateTimeOffset.Parse($"{FirstDay}T23:30:00Z", CultureInfo.InvariantCulture).AddDays(id[^1] % 3);

    private static string UserOf(string id) => $"user {id.Sum(character => character) % 50}";

    /// <summary>Sends batch after batch; one that was not answered is sent again, by whichever process comes next.</summary>
    private sealed class Writer(string name, int seed)
    {
        private readonly Random random = new(seed);
        private readonly List<string> unanswered = [];
        private int next;

        public HashSet<string> Sent { get; } = [];

        public int Answered { get; private set; }

        public async Task WriteAsync(PlatformClient api, CreatedApplication application, Countdown answers)
        {
            try
            {
                while (true)
                {
                    await FinishAsync(api, application);
                    answers.Signal();
                    for (var size = random.Next(1, 60); size > 0; size--) unanswered.Add($"{name}{next++}");
                }
            }
            catch (HttpRequestException)
            {
                // The process is gone.
            }
        }

        public async Task FinishAsync(PlatformClient api, CreatedApplication application)
        {
            if (unanswered.Count == 0) return;
            var answer = (await api.RecordAsync(application, unanswered.Select(Message))).Ok();
            Assert.Equal(unanswered.Count, answer.GetProperty("accepted").GetInt32() + answer.GetProperty("duplicates").GetInt32());
            Sent.UnionWith(unanswered);
            unanswered.Clear();
            Answered++;
        }
    }
}
