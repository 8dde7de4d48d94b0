using System.Net;
using Gatehouse.Server;
using Gatehouse.Tests;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Timers on a test clock that starts at 12:00:00 UTC.</summary>
public sealed class TimerTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Runs runs = new();

    [Fact]
    public async Task A_timer_runs_at_each_occurrence_and_gets_its_schedule_status()
    {
        await using var host = await StartAsync<EveryTenMinutes>();

        var first = await AdvanceToRunAsync(host, "12:10:00");
        Assert.Equal((default, "12:10:00", default), Status(first));
        Assert.False(first.IsPastDue);

        var second = await AdvanceToRunAsync(host, "12:20:00");
        Assert.Equal(("12:10:00", "12:20:00", "12:10:00"), Status(second));
    }

    [Fact]
    public async Task A_timer_does_not_run_before_its_time()
    {
        await using var host = await StartAsync<EveryTenMinutes>();
        await MoveAsync(host, "12:09:59.999");
        await AdvanceToRunAsync(host, "12:10:00");
        Assert.Equal(["12:10:00"], runs.Began);
    }

    [Fact]
    public async Task An_occurrence_during_a_run_is_skipped()
    {
        var gate = new TaskCompletionSource();
        runs.Body = _ => gate.Task;
        await using var host = await StartAsync<EveryTenMinutes>();
        await AdvanceToRunAsync(host, "12:10:00");

        host.Clock.Set(At("12:45:00"));
        gate.SetResult();
        var second = await AdvanceToRunAsync(host, "12:50:00");

        Assert.Equal(["12:10:00", "12:50:00"], runs.Began);
        Assert.Equal(("12:10:00", "12:50:00", "12:10:00"), Status(second));
        Assert.Contains("could not run when it came due at 2024-05-15 12:20:00Z", host.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timer_runs_again_after_a_run_that_threw()
    {
        runs.Body = _ => throw new NotSupportedException("thrown on purpose");
        await using var host = await StartAsync<EveryTenMinutes>();
        await AdvanceToRunAsync(host, "12:10:00");
        await AdvanceToRunAsync(host, "12:20:00");

        Assert.Equal(["12:10:00", "12:20:00"], runs.Began);
        Assert.Contains("Timer function EveryTenMinutes failed", host.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("thrown on purpose", host.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_of_months_ends_at_its_time()
    {
        await using var host = await StartAsync<EveryNewYear>();
        await MoveAsync(host, new DateTimeOffset(2024, 12, 31, 23, 59, 59, TimeSpan.Zero));
        await host.UntilArmedAsync();
        host.Clock.Set(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var run = await runs.NextAsync(Timeout);

        Assert.Equal(["00:00:00"], runs.Began);
        Assert.Equal(new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc), run.ScheduleStatus!.Next);
    }

    [Fact]
    public async Task A_wait_longer_than_the_range_of_a_timer_is_possible()
    {
        await using var host = await TestHost.StartAsync<EveryHundredDays>(
            builder => builder.Services.AddSingleton(runs).AddSingleton(TimeProvider.System));
        await AskAsync(host, nameof(EveryHundredDays));
        var run = await runs.NextAsync(Timeout);
        Assert.True(run.ScheduleStatus!.Next > DateTime.UtcNow.AddDays(99));
    }

    [Fact]
    public async Task An_interval_is_counted_from_the_start_and_does_not_drift()
    {
        await using var host = await StartAsync<EveryHalfHour>();
        await AdvanceToRunAsync(host, "12:30:00");
        await AdvanceToRunAsync(host, "13:00:00");
        Assert.Equal(["12:30:00", "13:00:00"], runs.Began);
    }

    [Fact]
    public async Task A_timer_that_comes_due_more_than_once_a_minute_has_no_status()
    {
        await using var host = await StartAsync<EveryTwentySeconds>();
        var run = await AdvanceToRunAsync(host, "12:00:20");
        Assert.Null(run.ScheduleStatus);
    }

    [Fact]
    public async Task A_timer_with_RunOnStartup_runs_once_at_the_start_and_then_on_its_schedule()
    {
        await using var host = await StartAsync<OnStartup>();
        await runs.NextAsync(Timeout);
        // The loop sets its timer before the run and after it. An occurrence during the run would be skipped.
        await Waiting.UntilAsync(() => host.Clock.TimersSet >= 2);
        await AdvanceToRunAsync(host, "13:00:00");
        Assert.Equal(["12:00:00", "13:00:00"], runs.Began);
    }

    [Fact]
    public async Task A_schedule_comes_from_the_settings_that_it_names()
    {
        await using var host = await StartAsync<FromSettings>("--Archive:Minute", "7", "--Archive:Hours", "*/2");
        await AdvanceToRunAsync(host, "12:07:00");
        await AdvanceToRunAsync(host, "14:07:00");
        Assert.Equal(["12:07:00", "14:07:00"], runs.Began);
    }

    [Theory]
    [InlineData(typeof(FromSettings), new string[0], "'FromSettings'", "the setting 'Archive:Minute', which is not set")]
    [InlineData(typeof(FromSettings), new[] { "--Archive:Minute", "61", "--Archive:Hours", "*" }, "'FromSettings'",
        "'0 %Archive:Minute% %Archive:Hours% * * *', set to '0 61 * * * *', is not an NCRONTAB expression")]
    [InlineData(typeof(FromSettings), new[] { "--Archive:Minute", "", "--Archive:Hours", "" }, "is not an NCRONTAB expression")]
    [InlineData(typeof(Never), new string[0], "'Never'", "'0 0 0 30 2 *' never occurs")]
    [InlineData(typeof(NoInterval), new string[0], "'NoInterval'", "'00:00:00' never occurs")]
    [InlineData(typeof(HalfASetting), new string[0], "'HalfASetting'", "unpaired %")]
    [InlineData(typeof(OddParameter), new string[0], "'OddParameter'", "'text' is not a TimerInfo or a CancellationToken")]
    public void An_invalid_schedule_stops_the_start(Type functions, string[] settings, params string[] named)
    {
        var builder = new ServerBuilder(CommandLine.ReadSettings(settings, _ => true), [functions]);
        builder.Services.AddSingleton(runs);
        var fault = Assert.ThrowsAny<InvalidOperationException>(() => builder.Build());
        Assert.DoesNotContain('\n', fault.Message);
        Assert.All(named, name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_requested_run_does_not_move_the_next_occurrence()
    {
        await using var host = await StartAsync<EveryTenMinutes>();
        await host.UntilArmedAsync();
        host.Clock.Set(At("12:03:00"));

        Assert.Equal(HttpStatusCode.Accepted, await AskAsync(host, "everyTENminutes"));
        var asked = await runs.NextAsync(Timeout);
        Assert.Equal((default, "12:10:00", default), Status(asked));

        await AdvanceToRunAsync(host, "12:10:00");
        Assert.Equal(["12:03:00", "12:10:00"], runs.Began);
    }

    [Fact]
    public async Task Requests_during_a_run_cause_one_more_run_after_it()
    {
        var going = 0;
        var together = 0;
        var gate = new TaskCompletionSource();
        runs.Body = async _ =>
        {
            together = Math.Max(together, Interlocked.Increment(ref going));
            await gate.Task;
            Interlocked.Decrement(ref going);
        };
        await using var host = await StartAsync<EveryTenMinutes>();
        await AskAsync(host, nameof(EveryTenMinutes));
        await runs.NextAsync(Timeout);
        for (var times = 0; times < 3; times++)
        {
            Assert.Equal(HttpStatusCode.Accepted, await AskAsync(host, nameof(EveryTenMinutes)));
        }

        gate.SetResult();
        await runs.NextAsync(Timeout);
        await AdvanceToRunAsync(host, "12:10:00");

        Assert.Equal(["12:00:00", "12:00:00", "12:10:00"], runs.Began);
        Assert.Equal(1, together);
    }

    [Fact]
    public async Task After_the_clock_is_set_back_timers_run_on()
    {
        var wrong = default(WrongClock)!;
        await using var host = await TestHost.StartAsync<EveryTenMinutes>(builder =>
        {
            wrong = new WrongClock((TimeProvider)builder.Services.Last(service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!)
            {
                Error = TimeSpan.FromDays(2),
            };
            builder.Services.AddSingleton(runs).AddSingleton<TimeProvider>(wrong);
        });
        await host.UntilArmedAsync();
        wrong.Error = TimeSpan.Zero;
        // A minute later the loop sees it. Its log line is the sign that it has.
        host.Clock.Set(At("12:01:00"));
        await Waiting.UntilAsync(() => host.Logs.Text.Contains("the clock was set back", StringComparison.Ordinal));
        await AdvanceToRunAsync(host, "12:10:00");
        Assert.Equal(["12:10:00"], runs.Began);
    }

    private Task<TestHost> StartAsync<TFunctions>(params string[] settings)
        where TFunctions : class => TestHost.StartAsync<TFunctions>(builder => builder.Services.AddSingleton(runs), settings);

    // The loop sets its timer again after each step, so the clock must move only after that.
    private static async Task MoveAsync(TestHost host, DateTimeOffset instant)
    {
        await host.UntilArmedAsync();
        host.Clock.Set(instant);
    }

    private static Task MoveAsync(TestHost host, string time) => MoveAsync(host, At(time));

    private async Task<TimerInfo> AdvanceToRunAsync(TestHost host, string time)
    {
        await MoveAsync(host, time);
        return await runs.NextAsync(Timeout);
    }

    private static async Task<HttpStatusCode> AskAsync(TestHost host, string function)
    {
        using var response = await host.Client.PostAsync($"admin/functions/{function}", new StringContent("{\"input\":\"\"}"));
        return response.StatusCode;
    }

    private static DateTimeOffset At(string time) =>
        new DateTimeOffset(2024, 5, 15, 0, 0, 0, TimeSpan.Zero) + TimeSpan.Parse(time, null);

    private static (string? Last, string? Next, string? Updated) Status(TimerInfo timer)
    {
        var status = timer.ScheduleStatus!;
        return (Time(status.Last), Time(status.Next), Time(status.LastUpdated));

        static string? Time(DateTime time) => time == default ? null : time.ToString("HH:mm:ss", null);
    }
}
