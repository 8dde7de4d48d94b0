using System.Runtime.CompilerServices;
using Gatehouse.Custody;
using Gatehouse.Platform;

namespace Gatehouse.Archive;

/// <summary>The platform's answer for one day.</summary>
/// <param name="Day">The day.</param>
/// <param name="Count">The number of messages; null where the platform gave none.</param>
/// <param name="ReadAt">The time of the request.</param>
internal readonly record struct DayReading(DateOnly Day, long? Count, DateTimeOffset ReadAt);

/// <summary>
/// Reads daily counts from the platform, in windows of 90 days. If the platform refuses a window as too long (400113), it is
/// halved, down to one day.
/// </summary>
internal sealed class DailyCountReader(IPlatform platform, MasterTokens masters, ArchiveSettings settings, TimeProvider time)
{
    /// <summary>The days of a window. The hosted service does not document its limit.</summary>
    public const int WindowDays = 90;

    /// <summary>Every day of a range, in windows, the earliest first.</summary>
    /// <exception cref="TimeoutException">The platform has not answered in time.</exception>
    public async IAsyncEnumerable<IReadOnlyList<DayReading>> ReadAsync(
        AppId application, DayRange days, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var window = WindowDays;
        var isForgotten = false;
        for (var next = days.From; next <= days.To;)
        {
            var range = new DayRange(next, ArchiveDays.Earlier(next.AddDays(window - 1), days.To));
            var readAt = time.GetUtcNow();
            var counts = await TryReadAsync(application, range, cancellation);
            if (counts is null && range.Days > 1)
            {
                window = range.Days / 2;
                continue;
            }
            // If a single day is refused, the platform has no data that old any more. That says nothing about the longest
            // window, which is tried again after the last of those days.
            window = counts is null ? 1 : isForgotten ? WindowDays : window;
            isForgotten = counts is null;
            yield return [.. Enumerable.Range(0, range.Days).Select(offset => range.From.AddDays(offset)).Select(day =>
                new DayReading(day, counts is not null && counts.TryGetValue(day, out var count) ? count : null, readAt))];
            next = range.To.AddDays(1);
        }
    }

    // Null where the range is refused.
    private async Task<Dictionary<DateOnly, long>?> TryReadAsync(
        AppId application, DayRange range, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(settings.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var counts = await masters.UseAsync(
                application, master => platform.ViewDailyCountsAsync(master, range.From, range.To, either.Token), either.Token);
            var byDay = new Dictionary<DateOnly, long>(counts.Count);
            foreach (var count in counts) byDay[count.Day] = count.Messages;
            return byDay;
        }
        catch (PlatformException refusal) when (refusal.Code == PlatformException.OutOfRangeCode)
        {
            return null;
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"The platform has not answered in {settings.AnswerTimeout.TotalSeconds:0} seconds.", e);
        }
    }
}
