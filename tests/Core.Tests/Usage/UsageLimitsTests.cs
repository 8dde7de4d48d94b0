using Gatehouse.Storage;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class UsageLimitsTests : IDisposable
{
    private readonly UsageScene scene = new();

    public void Dispose() => scene.Dispose();

    [Fact]
    public async Task A_user_s_sixth_message_in_a_second_is_refused_and_not_counted()
    {
        var receipt = await scene.RecordAsync([.. Enumerable.Range(0, 7).Select(number => scene.Message($"{number}", "u"))]);

        Assert.Equal(5, receipt.Accepted);
        Assert.Equal([new(5, UsageReason.UserLimit), new UsageNote(6, UsageReason.UserLimit)], receipt.Refused);
        Assert.Equal(5, await scene.CountAsync(scene.Today));
    }

    [Fact]
    public async Task A_channel_s_sixth_message_in_a_second_is_counted_and_hidden()
    {
        var receipt = await scene.RecordAsync([.. Enumerable.Range(0, 7).Select(number => scene.Message($"{number}", channel: "c"))]);

        Assert.Equal(7, receipt.Accepted);
        Assert.Empty(receipt.Refused);
        Assert.Equal([new(5, UsageReason.ChannelLimit), new UsageNote(6, UsageReason.ChannelLimit)], receipt.Hidden);
        Assert.Equal(7, await scene.CountAsync(scene.Today));
    }

    [Fact]
    public async Task Seconds_are_those_of_sent_at()
    {
        var second = scene.Clock.GetUtcNow();
        UsageEvent[] events = [.. Enumerable.Range(0, 12).Select(number =>
            scene.Message($"{number}", "u", "c", second.AddMilliseconds(number < 6 ? 999 : 1000)))];

        var receipt = await scene.RecordAsync(events);

        Assert.Equal([5, 11], receipt.Refused.Select(note => note.Index));
        Assert.Empty(receipt.Hidden);
    }

    [Fact]
    public async Task A_refused_message_does_not_count_against_its_channel()
    {
        UsageEvent[] flood = [.. Enumerable.Range(0, 10).Select(number => scene.Message($"{number}", "u", $"{number % 2}"))];
        var after = scene.Message("other", "v", "0");

        Assert.Empty((await scene.RecordAsync([.. flood, after])).Hidden);
    }

    [Fact]
    public async Task A_repeated_request_gets_the_same_result_for_each_message()
    {
        UsageEvent[] events =
        [
            .. Enumerable.Range(0, 7).Select(number => scene.Message($"u{number}", "u", $"{number}")),
            .. Enumerable.Range(0, 7).Select(number => scene.Message($"c{number}", $"{number}", "c")),
        ];
        var first = await scene.RecordAsync(events);
        var second = await scene.RecordAsync(events);

        Assert.Equal((12, 0), (first.Accepted, first.Duplicates));
        Assert.Equal((0, 12), (second.Accepted, second.Duplicates));
        Assert.Equal([5, 6], first.Refused.Select(note => note.Index));
        Assert.Equal([12, 13], first.Hidden.Select(note => note.Index));
        Assert.Equal(first.Refused, second.Refused);
        Assert.Equal(first.Hidden, second.Hidden);
    }

    [Fact]
    public async Task A_message_that_was_counted_is_a_duplicate_and_never_refused()
    {
        await scene.RecordAsync(scene.Message("counted", "u"));
        var restarted = scene.NewRecorder();
        UsageEvent[] five = [.. Enumerable.Range(0, 5).Select(number => scene.Message($"{number}", "u"))];
        await restarted.RecordAsync(scene.Application, five, default);

        var receipt = await restarted.RecordAsync(
            scene.Application, [scene.Message("counted", "u"), scene.Message("new", "u")], default);

        Assert.Equal((0, 1), (receipt.Accepted, receipt.Duplicates));
        Assert.Equal([1], receipt.Refused.Select(note => note.Index));
    }

    [Fact]
    public async Task Zero_means_no_limit_and_each_application_has_its_own_limits()
    {
        var limits = new UsageLimits(scene.Store, scene.Clock);
        var recorder = scene.NewRecorder(limits: limits);
        await limits.SetAsync(scene.Application, new MessageLimits(0, 3), default);
        UsageEvent[] events = [.. Enumerable.Range(0, 50).Select(number => scene.Message($"{number}", "u", "c"))];

        var receipt = await recorder.RecordAsync(scene.Application, events, default);
        Assert.Equal(50, receipt.Accepted);
        Assert.Equal(47, receipt.Hidden.Count);
        Assert.Equal(MessageLimits.Default, await limits.GetAsync(AppId.Generate(), default));

        await limits.SetAsync(scene.Application, MessageLimits.None, default);
        Assert.Empty((await recorder.RecordAsync(scene.Application, [scene.Message("last", "u", "c")], default)).Hidden);
    }

    [Fact]
    public async Task Limits_set_by_another_instance_apply_after_five_seconds()
    {
        var (here, elsewhere) = (new UsageLimits(scene.Store, scene.Clock), new UsageLimits(scene.Store, scene.Clock));
        Assert.Equal(MessageLimits.Default, await here.GetAsync(scene.Application, default));

        await elsewhere.SetAsync(scene.Application, new MessageLimits(9, 8), default);
        Assert.Equal(new MessageLimits(9, 8), await elsewhere.GetAsync(scene.Application, default));
        scene.Clock.Advance(UsageLimits.Staleness);
        Assert.Equal(new MessageLimits(9, 8), await here.GetAsync(scene.Application, default));
    }

    [Fact]
    public async Task Limits_and_other_changes_of_the_commit_are_written_together()
    {
        var limits = new UsageLimits(scene.Store, scene.Clock);
        RowChange[] beside = [RowChange.Insert(new TableRow("audit:1"))];
        await limits.SetAsync(scene.Application, new MessageLimits(1, 2), beside, default);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => limits.SetAsync(scene.Application, new MessageLimits(3, 4), beside, default));

        scene.Clock.Advance(UsageLimits.Staleness);
        Assert.Equal(new MessageLimits(1, 2), await limits.GetAsync(scene.Application, default));
        Assert.Contains(UsageLimits.PartitionOf(scene.Application), UsageLimits.Partitions);
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(5, 10_001)]
    public async Task A_limit_out_of_range_is_refused(int user, int channel) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => new UsageLimits(scene.Store, scene.Clock)
            .SetAsync(scene.Application, new MessageLimits(user, channel), default));
}
