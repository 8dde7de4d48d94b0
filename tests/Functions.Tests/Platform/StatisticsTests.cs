using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class StatisticsTests(TestStore store, Head head) : IAsyncLifetime
{
    private const string DailyCount = "/v3/applications/messages/daily_count";

    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(clock: new TestClock(), store: store);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Theory]
    [InlineData("2016-02-30")]
    [InlineData("2015-02-29")]
    [InlineData("2016-1-5")]
    [InlineData("")]
    [InlineData("%20")]
    [InlineData("2016-01-05%20")]
    [InlineData("20160105")]
    [InlineData("05-01-2016")]
    [InlineData("2016-01-05T00:00:00Z")]
    [InlineData("0000-01-01")]
    [InlineData("10000-01-01")]
    [InlineData("-001-01-01")]
    [InlineData("today")]
    [InlineData("1451952000000")]
    [InlineData("%D9%A2%D9%A0%D9%A1%D9%A6-01-05")]
    public async Task An_invalid_date_is_refused(string date)
    {
        foreach (var path in (string[])[
            $"/v3/applications/dau?date={date}", $"/v3/applications/mau?date={date}",
            $"{DailyCount}?start_date={date}&end_date=2016-01-05", $"{DailyCount}?start_date=2016-01-05&end_date={date}"])
        {
            (await Api.GetAsync(path, application.Master)).Refused(400111);
        }
    }

    [Theory]
    [InlineData("/v3/applications/dau?date=2016-01-05&date=2016-01-05", 400111)]
    [InlineData("/v3/applications/mau?date=2016-01-05&date=2016-01-06", 400111)]
    [InlineData(DailyCount + "?start_date=2016-01-05&start_date=2016-01-05&end_date=2016-01-05", 400111)]
    [InlineData(DailyCount, 400105)]
    [InlineData(DailyCount + "?start_date=2016-01-05", 400105)]
    [InlineData(DailyCount + "?end_date=2016-01-05", 400105)]
    [InlineData(DailyCount + "?start_date=2016-01-06&end_date=2016-01-05", 400113)]
    [InlineData(DailyCount + "?start_date=2016-01-01&end_date=2017-01-01", 400113)]
    [InlineData(DailyCount + "?start_date=0001-01-01&end_date=9999-12-31", 400113)]
    public async Task An_invalid_question_is_refused(string path, int code) =>
        (await Api.GetAsync(path, application.Master)).Refused(code);

    [Fact]
    public async Task A_range_has_at_most_366_days()
    {
        var counts = await Api.DailyCountsAsync(application, "2016-01-01", "2016-12-31");

        Assert.Equal(366, counts.Count);
        Assert.Equal(("2016-12-31", 0L), counts[0]);
        Assert.Equal(("2016-01-01", 0L), counts[^1]);
        Assert.Contains(("2016-02-29", 0L), counts);
        Assert.Equal(counts.OrderByDescending(count => count.Day, StringComparer.Ordinal), counts);
    }

    [Fact]
    public async Task Future_days_and_days_past_the_retention_have_no_counts()
    {
        foreach (var date in (string[])["0001-01-01", "2024-05-16", "9999-12-31"])
        {
            Assert.Equal("""{"dau":0}""", (await Api.GetAsync($"/v3/applications/dau?date={date}", application.Master)).Ok().GetRawText());
            Assert.Equal("""{"mau":0}""", (await Api.GetAsync($"/v3/applications/mau?date={date}", application.Master)).Ok().GetRawText());
            Assert.Equal([(date, 0L)], await Api.DailyCountsAsync(application, date, date));
        }
    }

    [Theory]
    [InlineData("/v3/applications/ccu")]
    [InlineData("/v3/applications/mau")]
    [InlineData("/v3/applications/dau")]
    [InlineData(DailyCount + "?start_date=2016-01-05&end_date=2016-01-05")]
    public async Task Only_API_tokens_are_authorized(string path)
    {
        (await Api.GetAsync(path, application.Master)).Ok();
        (await Api.GetAsync(path, await Api.IssueTokenAsync(application.Master))).Ok();
        (await Api.GetAsync(path, Credential.None)).Refused(400401);
        (await Api.GetAsync(path, Credential.Ops)).Refused(400401);
        (await Api.GetAsync(path, Api.Organization)).Refused(400108);
    }
}

public sealed class StatisticsOnSqliteTests() : StatisticsTests(TestStore.Sqlite, Head.Server);

public sealed class StatisticsOnAzuriteTests() : StatisticsTests(TestStore.Azurite, Head.Server);

public sealed class StatisticsOnFunctionsHostTests() : StatisticsTests(TestStore.Sqlite, Head.FunctionsHost);
