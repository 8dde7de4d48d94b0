using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>What operators see of the timers.</summary>
public abstract class TimersTests(Head head)
{
    [Fact]
    public async Task Every_timer_is_listed_with_its_schedule_and_its_last_runs()
    {
        var clock = new TestClock();
        await using var gatehouse = await head.StartAsync(clock: clock);
        var application = (await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Created()
            .GetProperty("app_id").GetString();
        (await gatehouse.Api.PostAsync(
            $"/ops/v1/applications/{application}/tokens", Credential.Ops,
            """{"label":"bot","deliver":"response","expires_in_seconds":3600}""")).Created();

        clock.Advance(TimeSpan.FromHours(2));
        await gatehouse.RunTimerAsync("RotateTokens");
        JsonElement timer = default;
        await Waiting.UntilAsync(async () =>
            (timer = await FindAsync(gatehouse, "RotateTokens")).GetProperty("runs").GetArrayLength() > 0);
        Assert.Equal("0 * * * * *", timer.GetProperty("schedule").GetString());
        Assert.False(timer.GetProperty("is_overdue").GetBoolean());
        Assert.Equal("""{"revoked":1}""", timer.GetProperty("runs")[0].GetProperty("did").GetRawText());
        Assert.Equal("done", timer.GetProperty("runs")[0].GetProperty("outcome").GetString());
        Assert.Contains(timer.GetProperty("last_run").GetProperty("outcome").GetString(), (string[])["done", "running"]);

        var names = (await gatehouse.Api.GetAsync("/ops/v1/timers", Credential.Ops)).Ok().GetProperty("timers").EnumerateArray()
            .Select(one => one.GetProperty("name").GetString());
        Assert.Equal(KnownJobs.All.Select(job => job.Name), names);
    }

    private static async Task<JsonElement> FindAsync(RunningGatehouse gatehouse, string name) =>
        (await gatehouse.Api.GetAsync("/ops/v1/timers", Credential.Ops)).Ok().GetProperty("timers").EnumerateArray()
            .Single(timer => timer.GetProperty("name").GetString() == name);
}

public sealed class TimersOnServerTests() : TimersTests(Head.Server);

public sealed class TimersOnFunctionsHostTests() : TimersTests(Head.FunctionsHost);
