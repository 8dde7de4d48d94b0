using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class InspectionsTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly Inspections inspections = new();
    private readonly ManualResetEventSlim gate = new();
    private int running;
    private int most;

    public void Dispose()
    {
        inspections.Dispose();
        gate.Dispose();
    }

    [Fact]
    public async Task One_or_two_run_at_a_time_on_other_threads_and_the_queue_is_bounded()
    {
        var asked = Enumerable.Range(0, 40).Select(_ => inspections.RunAsync(Inspect, isCostly: false, None)).ToList();
        var busy = asked.Where(task => task.IsFaulted).ToList();
        Assert.InRange(busy.Count, 40 - Inspections.MostWaiting - 2, 40 - Inspections.MostWaiting - 1);
        foreach (var refused in busy) await Assert.ThrowsAsync<InspectionsBusyException>(() => refused);
        gate.Set();
        foreach (var accepted in asked.Except(busy)) Assert.False(await accepted);
        Assert.InRange(most, 1, 2);
        // There is room again.
        Assert.False(await inspections.RunAsync(Inspect, isCostly: false, None));
    }

    [Fact]
    public async Task A_caller_that_goes_away_leaves_the_queue()
    {
        var first = Enumerable.Range(0, 2).Select(_ => inspections.RunAsync(Inspect, isCostly: false, None)).ToList();
        for (var times = 0; times < 3 * Inspections.MostWaiting; times++)
        {
            using var gone = new CancellationTokenSource();
            var waiting = inspections.RunAsync(Inspect, isCostly: false, gone.Token);
            await gone.CancelAsync();
            if (waiting.IsCompletedSuccessfully) continue;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        gate.Set();
        await Task.WhenAll(first);
    }

    [Fact]
    public async Task A_failure_is_the_caller_s_and_frees_the_turn()
    {
        gate.Set();
        for (var times = 0; times < 2 * Inspections.MostWaiting; times++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => inspections.RunAsync<int>(() => throw new InvalidOperationException(), isCostly: false, None));
        Assert.False(await inspections.RunAsync(Inspect, isCostly: false, None));
    }

    [Fact]
    public async Task Costly_files_wait_for_each_other_only_and_fewer_of_them_may_wait()
    {
        var costly = Enumerable.Range(0, 20).Select(_ => inspections.RunAsync(Inspect, isCostly: true, None)).ToList();
        Assert.Equal(20 - 1 - Inspections.MostCostlyWaiting, costly.Count(task => task.IsFaulted));

        Assert.True(await inspections.RunAsync(() => true, isCostly: false, None));

        gate.Set();
        foreach (var accepted in costly.Where(task => !task.IsFaulted)) Assert.False(await accepted);
        Assert.Equal(1, most);
    }

    [Fact]
    public void A_file_is_costly_from_a_few_hundred_thousand_rounds_on()
    {
        byte[] Of(int rounds) => new Pkcs12File { Pairs = [(null, TestCertificates.Key)], Password = "p", Rounds = 1, ClaimedRounds = rounds }.Encode();
        Assert.False(ApnsCertificateInspector.IsCostly(Of(199_999), null));
        Assert.True(ApnsCertificateInspector.IsCostly(Of(200_000)));
        Assert.True(ApnsCertificateInspector.IsCostly(Of(100_000), null, Of(100_000)));
        // These are refused without being opened.
        Assert.False(ApnsCertificateInspector.IsCostly(Of(600_001), new byte[9], new byte[ApnsCertificateInspector.MaxFileSize + 1]));
    }

    private bool Inspect()
    {
        var now = Interlocked.Increment(ref running);
        for (var seen = most; now > seen; seen = most) Interlocked.CompareExchange(ref most, now, seen);
        gate.Wait();
        Interlocked.Decrement(ref running);
        return Thread.CurrentThread.IsThreadPoolThread;
    }
}
