using System.Globalization;
using System.Net;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>Sends one batch after another. A batch without an answer is sent again, to the next process.</summary>
internal sealed class UsageWriter(string name, int seed)
{
    // Messages of the last three days are counted.
    private static readonly DateOnly Today = DateOnly.FromDateTime(DateTime.UtcNow);
    private static readonly string FirstDay = $"{Today.AddDays(-2):yyyy-MM-dd}";
    private static readonly string LastDay = $"{Today:yyyy-MM-dd}";

    private readonly Random random = new(seed);
    private readonly List<string> unanswered = [];
    private int next;

    public HashSet<string> Sent { get; } = [];

    public int Answered { get; private set; }

    /// <summary>Sends until the process has ended, and signals each answer.</summary>
    public Task WriteAsync(PlatformClient api, CreatedApplication application, Countdown answers) =>
        WriteAsync(api, application, answers.Signal, CancellationToken.None);

    /// <summary>Sends until the process has ended or the test stops it, and reports each answer.</summary>
    public async Task WriteAsync(PlatformClient api, CreatedApplication application, Action answered, CancellationToken enough)
    {
        try
        {
            while (!enough.IsCancellationRequested)
            {
                if (!await TrySendAsync(api, application)) continue;
                answered();
                for (var size = random.Next(1, 60); size > 0; size--) unanswered.Add($"{name}{next++}");
            }
        }
        catch (HttpRequestException)
        {
            // The process has ended.
        }
    }

    /// <summary>Sends the requests without an answer again, to a working process.</summary>
    public async Task FinishAsync(PlatformClient api, CreatedApplication application) =>
        Assert.True(await TrySendAsync(api, application));

    /// <summary>Asserts that the counts of messages and users match these ids.</summary>
    public static async Task AssertCountsAsync(PlatformClient api, CreatedApplication application, IReadOnlyCollection<string> ids)
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

    /// <summary>A message follows from its id alone: it has one of three days and one of fifty users.</summary>
    public static string Message(string id) =>
        $$"""{"type":"message","message_id":"{{id}}","user_id":"{{UserOf(id)}}","channel_url":"c","sent_at":{{DayOf(id).ToUnixTimeMilliseconds()}}}""";

    private async Task<bool> TrySendAsync(PlatformClient api, CreatedApplication application)
    {
        if (unanswered.Count == 0) return true;
        var recorded = await api.RecordAsync(application, unanswered.Select(Message));
        // The store is down. As without an answer, it is not known whether they were counted.
        if (recorded.Status == HttpStatusCode.ServiceUnavailable) return false;
        var answer = recorded.Ok();
        Assert.Equal(unanswered.Count, answer.GetProperty("accepted").GetInt32() + answer.GetProperty("duplicates").GetInt32());
        Sent.UnionWith(unanswered);
        unanswered.Clear();
        Answered++;
        return true;
    }

    private static DateTimeOffset DayOf(string id) =>
        DateTimeOffset.Parse($"{FirstDay}T23:30:00Z", CultureInfo.InvariantCulture).AddDays(id[^1] % 3);

    private static string UserOf(string id) => $"user {id.Sum(character => character) % 50}";
}
