using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class MessageRateLimiterTests
{
    private static readonly DateTimeOffset Start = new(2024, 5, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly AppId Application = AppId.Generate();

    [Fact]
    public void Memory_stays_within_the_stated_bound()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var limiter = new MessageRateLimiter();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MessageRateLimiter.MostBytes);

        var events = new UsageEvent[1_000];
        var outcomes = new EventOutcome[events.Length];
        var hidden = new List<int>(events.Length);
        var limits = new MessageLimits(MessageLimits.Most, MessageLimits.Most);
        Send(0);
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var batch = 1; batch < 1_000; batch++) Send(batch);

        // A million messages, each of another user, channel and second: two million entries, and no allocation for each
        // message. (The runtime itself sometimes allocates a few KiB on this thread.)
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.InRange(limiter.Entries, MessageRateLimiter.EntriesPerGeneration, 2 * MessageRateLimiter.EntriesPerGeneration);

        void Send(int batch)
        {
            for (var index = 0; index < events.Length; index++)
            {
                var number = (ulong)(batch * events.Length + index) + 1;
                events[index] = UsageEvent.OfMessage(number, number, number, Start.AddSeconds(number));
            }
            limiter.Apply(Application, events, limits, outcomes, hidden);
        }
    }

    [Fact]
    public void A_recently_used_window_survives_many_others()
    {
        var limiter = new MessageRateLimiter();
        var limits = new MessageLimits(1, 0);
        Assert.Equal(0, Refused(limiter, limits, Message(1, user: 1)));

        for (var number = 10UL; number < MessageRateLimiter.EntriesPerGeneration; number++)
            Refused(limiter, limits, Message(number, user: number));

        Assert.Equal(1, Refused(limiter, limits, Message(2, user: 1)));
        Assert.Equal(0, Refused(limiter, limits, Message(1, user: 1)));
    }

    [Fact]
    public void Windows_of_other_applications_kinds_and_seconds_are_separate()
    {
        var limiter = new MessageRateLimiter();
        var limits = new MessageLimits(1, 1);

        Assert.Equal(0, Refused(limiter, limits, Message(1, user: 7, channel: 8)));
        Assert.Equal(0, Refused(limiter, limits, Message(2, user: 8, channel: 7)));
        Assert.Equal(0, Refused(limiter, limits, UsageEvent.OfMessage(3, 7, 9, Start.AddSeconds(1))));
        Assert.Equal(0, Refused(limiter, limits, Message(4, user: 7, channel: 8), AppId.Generate()));
        Assert.Equal(1, Refused(limiter, limits, Message(5, user: 7, channel: 10)));
    }

    private static UsageEvent Message(ulong id, ulong user, ulong channel = 1) => UsageEvent.OfMessage(id, user, channel, Start);

    private static int Refused(MessageRateLimiter limiter, MessageLimits limits, UsageEvent message, AppId? application = null)
    {
        var outcomes = new EventOutcome[1];
        limiter.Apply(application ?? Application, [message], limits, outcomes, []);
        return outcomes[0] == EventOutcome.OverUserLimit ? 1 : 0;
    }
}
