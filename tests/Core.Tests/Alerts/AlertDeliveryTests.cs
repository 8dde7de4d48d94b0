using Gatehouse.Alerts;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Alerts;

public sealed class AlertDeliveryTests : IAsyncLifetime
{
    private AlertScene scene = null!;

    public async Task InitializeAsync() => scene = await AlertScene.StartAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task An_alert_is_delivered_once_signed_and_with_its_facts()
    {
        await scene.RaiseAsync("one");
        Assert.Equal(new AlertRun(1, 0, 0, 0), await scene.Delivery().RunAsync(default));
        Assert.Equal(new AlertRun(0, 0, 0, 0), await scene.Delivery().RunAsync(default));
        var alert = Assert.Single(scene.Receiver.Received);
        Assert.True(alert.IsGenuine);
        Assert.Equal(scene.Clock.GetUtcNow(), alert.SentAt);
        Assert.Equal(
            """{"type":"token.rotated","timestamp":"2024-05-15T12:00:00.000Z","data":{"app_id":"0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B","label":"bot","token_id":"0123456789abcdef"}}""",
            alert.Body);
    }

    [Fact]
    public async Task The_same_event_seen_a_thousand_times_raises_one_alert()
    {
        await Parallel.ForAsync(0, 1000, async (_, cancel) => await scene.Outbox().RaiseAsync(scene.Alert("same"), cancel));
        Assert.Single(scene.Raised);
        await scene.Delivery().RunAsync(default);
        await scene.RaiseAsync("same");
        scene.Clock.Advance(TimeSpan.FromDays(399));
        await scene.RaiseAsync("same");
        await scene.Delivery().RunAsync(default);
        Assert.Single(scene.Receiver.Received);

        scene.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(new AlertRun(0, 0, 0, 1), await scene.Delivery().RunAsync(default));
        Assert.Equal(0, await scene.RowsAsync());
        await scene.RaiseAsync("same");
        await scene.Delivery().RunAsync(default);
        Assert.Equal(2, scene.Receiver.Received.Count);
    }

    [Fact]
    public async Task During_a_rotation_both_secrets_sign()
    {
        var next = "whsec_" + Convert.ToBase64String(new byte[32]);
        var settings = scene.Settings with
        {
            Receiver = scene.Settings.Receiver! with
            {
                Secrets = [AlertSecret.TryParse(next)!, AlertSecret.TryParse(scene.Receiver.Secret)!],
            },
        };
        await scene.RaiseAsync("one");
        await scene.Delivery(settings).RunAsync(default);
        scene.Receiver.Secret = next;
        await scene.RaiseAsync("two");
        await scene.Delivery(settings).RunAsync(default);
        Assert.Equal([true, true], scene.Receiver.Received.Select(alert => alert.IsGenuine));
        Assert.All(scene.Receiver.Received, alert => Assert.Equal(2, alert.Signatures.Count));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task A_refused_alert_is_retried_with_growing_waits_under_the_same_id_until_it_is_abandoned(int status)
    {
        scene.Receiver.Answer = context => Answer(context, status);
        await scene.RaiseAsync("one");
        foreach (var wait in scene.Settings.Waits)
        {
            Assert.Equal(new AlertRun(0, 1, 0, 0), await scene.Delivery().RunAsync(default));
            scene.Clock.Advance(wait * 0.89);
            Assert.Equal(new AlertRun(0, 0, 0, 0), await scene.Delivery().RunAsync(default));
            scene.Clock.Advance(wait * 0.22);
        }
        Assert.Empty(scene.Abandoned);
        Assert.Equal(new AlertRun(0, 0, 1, 0), await scene.Delivery().RunAsync(default));
        Assert.Single(scene.Abandoned);
        scene.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(new AlertRun(0, 0, 0, 0), await scene.Delivery().RunAsync(default));
        Assert.Equal(10, scene.Receiver.Received.Count);
        Assert.Single(scene.Receiver.Received.Select(alert => alert.Id).Distinct());
        Assert.All(scene.Receiver.Received, alert => Assert.True(alert.IsGenuine));
    }

    [Fact]
    public async Task A_receiver_that_comes_back_gets_every_alert()
    {
        scene.Receiver.Answer = context => Answer(context, 503);
        await scene.RaiseAsync("one", "two", "three");
        Assert.Equal(3, (await scene.Delivery().RunAsync(default)).Failed);
        scene.Receiver.Answer = context => Answer(context, 200);
        scene.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(3, (await scene.Delivery().RunAsync(default)).Delivered);
    }

    [Fact]
    public async Task Retry_After_is_respected_up_to_the_longest_wait()
    {
        scene.Receiver.Answer = context =>
        {
            context.Response.Headers.RetryAfter = scene.Receiver.Received.Count == 1 ? "3600" : "99999999";
            return Answer(context, 429);
        };
        await scene.RaiseAsync("one");
        Assert.Equal(1, (await scene.Delivery().RunAsync(default)).Failed);
        scene.Clock.Advance(TimeSpan.FromSeconds(3599));
        Assert.Equal(0, (await scene.Delivery().RunAsync(default)).Failed);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await scene.Delivery().RunAsync(default)).Failed);
        scene.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(1, (await scene.Delivery().RunAsync(default)).Failed);
    }

    [Theory]
    [InlineData(429, "60")]
    [InlineData(410, null)]
    public async Task Retry_After_or_410_ends_the_run(int status, string? retryAfter)
    {
        scene.Receiver.Answer = context =>
        {
            if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
            return Answer(context, status);
        };
        await scene.RaiseAsync(Enumerable.Range(0, 50).Select(index => $"{index}"));
        await scene.Delivery().RunAsync(default);
        // Those that were running at the same time.
        Assert.InRange(scene.Receiver.Received.Count, 1, 8);
        Assert.All(scene.Failed, answered => Assert.Equal(status, answered));
        scene.Receiver.Answer = context => Answer(context, 200);
        scene.Clock.Advance(TimeSpan.FromMinutes(2));
        await scene.Delivery().RunAsync(default);
        Assert.Equal(50, scene.Receiver.Received.Select(alert => alert.Id).Distinct().Count());
    }

    [Fact]
    public async Task The_wait_starts_with_the_answer_of_a_slow_receiver()
    {
        scene.Receiver.Answer = context =>
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(10));
            context.Response.Headers.RetryAfter = "3600";
            return Answer(context, 429);
        };
        await scene.RaiseAsync("one");
        await scene.Delivery().RunAsync(default);
        scene.Clock.Advance(TimeSpan.FromSeconds(3599));
        Assert.Equal(0, (await scene.Delivery().RunAsync(default)).Failed);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await scene.Delivery().RunAsync(default)).Failed);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_not_tried_again()
    {
        scene.Receiver.Answer = context => Answer(context, 410);
        await scene.RaiseAsync("one");
        Assert.Equal(new AlertRun(0, 0, 1, 0), await scene.Delivery().RunAsync(default));
        scene.Clock.Advance(TimeSpan.FromDays(7));
        await scene.Delivery().RunAsync(default);
        Assert.Single(scene.Receiver.Received);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_ends_the_run_and_loses_nothing()
    {
        await scene.RaiseAsync(Enumerable.Range(0, 50).Select(index => $"{index}"));
        var dead = scene.Settings with { Receiver = scene.Settings.Receiver! with { Url = await UnusedAddressAsync() } };
        var run = await scene.Delivery(dead).RunAsync(default);
        Assert.InRange(run.Failed, 1, 16);
        scene.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(50, (await scene.Delivery().RunAsync(default)).Delivered);
    }

    [Fact]
    public async Task A_receiver_that_hangs_times_out()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Receiver.Answer = async context =>
        {
            reached.TrySetResult();
            await Waiting.UntilGoneAsync(context);
        };
        await scene.RaiseAsync("one");
        var run = scene.Delivery().RunAsync(default);
        await reached.Task;
        scene.Clock.Advance(scene.Settings.Timeout);
        Assert.Equal(new AlertRun(0, 1, 0, 0), await run);
    }

    [Fact]
    public async Task Two_concurrent_instances_send_each_alert_once()
    {
        await scene.RaiseAsync(Enumerable.Range(0, 100).Select(index => $"{index}"));
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => scene.Delivery().RunAsync(default))));
        Assert.Equal(100, runs.Sum(run => run.Delivered));
        Assert.Equal(100, scene.Receiver.Received.Select(alert => alert.Id).Distinct().Count());
        Assert.Equal(100, scene.Receiver.Received.Count);
    }

    [Fact]
    public async Task An_alert_is_sent_again_under_the_same_id_if_the_instance_is_killed_after_sending()
    {
        await scene.RaiseAsync("one");
        // The claim is the first commit, the result the second.
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => scene.Delivery(store: new StoreThatEnds(scene.Store, commits: 1)).RunAsync(default));
        Assert.Single(scene.Receiver.Received);
        Assert.Equal(new AlertRun(0, 0, 0, 0), await scene.Delivery().RunAsync(default));
        scene.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(new AlertRun(1, 0, 0, 0), await scene.Delivery().RunAsync(default));
        Assert.Equal(2, scene.Receiver.Received.Count);
        Assert.Single(scene.Receiver.Received.Select(alert => alert.Id).Distinct());
    }

    [Fact]
    public async Task Alerts_without_a_receiver_are_stored_and_not_sent_later()
    {
        await scene.Outbox(new AlertSettings()).RaiseAsync(scene.Alert("one"), default);
        Assert.Single(scene.Raised);
        await scene.Delivery().RunAsync(default);
        Assert.Empty(scene.Receiver.Received);

        // An alert that was pending when the receiver was removed from the configuration is stored too.
        await scene.RaiseAsync("two");
        Assert.Equal(new AlertRun(0, 0, 0, 0), await scene.Delivery(new AlertSettings()).RunAsync(default));
        await scene.Delivery().RunAsync(default);
        Assert.Empty(scene.Receiver.Received);
        scene.Clock.Advance(TimeSpan.FromDays(401));
        Assert.Equal(2, (await scene.Delivery().RunAsync(default)).Forgotten);
        Assert.Equal(0, await scene.RowsAsync());
    }

    private static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (status == 302) context.Response.Headers.Location = "/elsewhere";
        return Task.CompletedTask;
    }

    // An address that nothing listens on any more.
    private static async Task<Uri> UnusedAddressAsync()
    {
        await using var receiver = await AlertReceiverDouble.StartAsync();
        return receiver.Address;
    }

    /// <summary>A store that accepts a number of commits and then fails.</summary>
    private sealed class StoreThatEnds(ITableStore store, int commits) : InterposedStore(store)
    {
        private int left = commits;

        public override ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
            Interlocked.Decrement(ref left) >= 0
                ? Inner.CommitAsync(table, partition, changes, cancellation)
                : throw new StoreUnavailableException("The store has ended.");
    }
}
