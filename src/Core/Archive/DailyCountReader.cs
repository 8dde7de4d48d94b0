using System.Runtime.CompilerServices;
using Gatehouse.Custody;
using Gatehouse.Platform;

namespace Gatehouse.Archive;

/// <summary>What the platform said of a day.</summary>
/// <param name="Day">The day.</param>
/// <param name="Count">Its messages; null where the platform says nothing of it.</param>
/// <param name="AskedAt">When it was asked.</param>
internal readonly record struct DayReading(DateOnly Day, long? Count, DateTimeOffset AskedAt);

/// <summary>
/// Asks the platform for the daily counts of any number of days: in windows of 90 days, which are halved where it refuses the
/// range (400113), down to one day.
/// </summary>
internal sealed class DailyCountReader(IPlatform platform, MasterTokens masters, ArchiveSettings settings, TimeProvider time)
{
    /// <summary>The days of a window; how long the hosted service's may be is nowhere documented.</summary>
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
            var asked = new DayRange(next, ArchiveDays.Earlier(next.AddDays(window - 1), days.To));
            var askedAt = time.GetUtcNow();
            var counts = await TryReadAsync(application, asked, cancellation);
            if (counts is null && asked.Days > 1)
            {
                window = asked.Days / 2;
                continue;
            }
            // A single day that is refused is one that the platform has forgotten, and says nothing of how many it tells at
            // once: that is found out anew behind the last of them.
            window = counts is null ? 1 : isForgotten ? WindowDays : window;
            isForgotten = counts is null;
            yield return [.. Enumerable.Range(0, asked.Days).Select(offset => asked.From.AddDays(offset)).Select(day =>
                new DayReading(day, counts is not null && counts.TryGetValue(day, out var count) ? count : null, askedAt))];
            next = asked.To.AddDays(1);
        }
    }

    // Null where the range is refused.
    private async Task<Dictionary<DateOnly, long>?> TryReadAsync(
        AppId application, DayRange asked, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(settings.AnswerTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var counts = await masters.UseAsync(
                application, master => platform.ViewDailyCountsAsync(master, asked.From, asked.To, either.Token), either.Token);
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
            throw new TimeoutException($"The platform has not answered in {settings.AnswerTime.TotalSeconds:0} seconds.", e);
        }
    }
}
