using System.Runtime.CompilerServices;
using Gatehouse.Custody;
using Gatehouse.Platform;

namespace Gatehouse.Archive;

/// <summary>The platform's answer for one day.</summary>
/// <param name="Day">The day.</param>
/// <param name="Count">The number of messages; null where the platform gave none.</param>
/// <param name="Reason">Why there is no count; without meaning where there is one.</param>
/// <param name="ReadAt">The time of the request.</param>
internal readonly record struct DayReading(DateOnly Day, long? Count, GapReason Reason, DateTimeOffset ReadAt);

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
            var answer = await TryReadAsync(application, range, cancellation);
            if (answer is null && range.Days > 1)
            {
                window = range.Days / 2;
                continue;
            }
            // If a single day is refused, the platform has no data that old any more. That says nothing about the longest
            // window, which is tried again after the last of those days.
            window = answer is null ? 1 : isForgotten ? WindowDays : window;
            isForgotten = answer is null;
            yield return Readings(range, answer, readAt);
            next = range.To.AddDays(1);
        }
    }

    private static DayReading[] Readings(DayRange range, DailyCountAnswer? answer, DateTimeOffset readAt)
    {
        var readings = new DayReading[range.Days];
        var reason = answer is null ? GapReason.Refused : GapReason.LeftOut;
        for (var offset = 0; offset < readings.Length; offset++) readings[offset] = new(range.From.AddDays(offset), null, reason, readAt);
        foreach (var day in answer?.Unreadable ?? [])
            if (range.Contains(day)) readings[day.DayNumber - range.From.DayNumber] = new(day, null, GapReason.Unreadable, readAt);
        foreach (var count in answer?.Counts ?? [])
            if (range.Contains(count.Day)) readings[count.Day.DayNumber - range.From.DayNumber] = new(count.Day, count.Messages, reason, readAt);
        return readings;
    }

    // Null where the range is refused.
    private async Task<DailyCountAnswer?> TryReadAsync(
        AppId application, DayRange range, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(settings.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await masters.UseAsync(
                application, master => platform.ViewDailyCountsAsync(master, range.From, range.To, either.Token), either.Token);
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
