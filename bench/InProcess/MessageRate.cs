using System.Diagnostics;
using Gatehouse.Usage;

namespace Gatehouse.Bench.InProcess;

/// <summary>How many messages are counted in a second, durable before the answer.</summary>
internal static class MessageRate
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <param name="folder">A data folder.</param>
    /// <param name="callers">The number of requests at once.</param>
    /// <param name="size">The number of messages in a request.</param>
    /// <param name="seconds">The duration.</param>
    /// <param name="cancellation">Cancels.</param>
    public static async Task<double> MeasureAsync(string folder, int callers, int size, int seconds, CancellationToken cancellation)
    {
        await using var product = new Product(folder);
        var recorder = product.Get<UsageRecorder>();
        var application = AppId.Generate();
        await product.Get<UsageLimits>().SetAsync(application, MessageLimits.None, cancellation);
        var requests = 0;
        await RunAsync(WarmUp);
        return await RunAsync(TimeSpan.FromSeconds(seconds));

        async Task<double> RunAsync(TimeSpan length)
        {
            var (watch, before) = (Stopwatch.StartNew(), requests);
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(
                async () =>
                {
                    while (watch.Elapsed < length)
                    {
                        var events = Messages.Of(Interlocked.Increment(ref requests), size, TimeProvider.System);
                        var receipt = await recorder.RecordAsync(application, events, cancellation);
                        if (receipt.Accepted != size) throw new InvalidOperationException($"{receipt.Accepted} of {size} messages were counted.");
                    }
                },
                cancellation)));
            return (requests - before) * (double)size / watch.Elapsed.TotalSeconds;
        }
    }
}
