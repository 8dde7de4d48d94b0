using System.Runtime.CompilerServices;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>Reads the archive, also of deleted applications.</summary>
public sealed class ArchiveReader(ITableStore store, ManagedApplications applications, TimeProvider time)
{
    // A page ends after this many applications, even if few of them have gaps.
    private const int LookedAtPerPage = 1000;
    private const int LookedAtAtOnce = 100;

    private readonly ArchiveRows rows = new(store);

    /// <summary>Yesterday, UTC: the last day that can be archived.</summary>
    public DateOnly Yesterday => ArchiveDays.Of(time.GetUtcNow()).AddDays(-1);

    /// <summary>
    /// Reads days of an application, the first thousand at once; null where nothing is known of the application.
    /// </summary>
    public async Task<ArchivedDays?> OpenAsync(AppId application, DayRange days, CancellationToken cancellation)
    {
        var known = await applications.FindAsync(application, cancellation);
        var state = await rows.FindStateAsync(application, cancellation);
        var first = await ReadAsync(application, days.From, days.To, cancellation);
        if (known is null && state is null && first.Days.Count == 0) return null;
        var expected = (state, known) switch
        {
            (null, null) => (DayRange?)null,
            (null, { } held) => DayRange.Between(ArchiveState.Begin(held.CreatedAt).From, Yesterday),
            ({ } read, null) => DayRange.Between(read.From, read.Through),
            ({ } read, _) => DayRange.Between(read.From, Yesterday),
        };
        var range = expected is { } all
            ? DayRange.Between(ArchiveDays.Later(all.From, days.From), ArchiveDays.Earlier(all.To, days.To))
            : null;
        var isPending = known is not null && range?.To == Yesterday && state?.IsPending(Yesterday) != false;
        return new ArchivedDays(
            isPending ? DayRange.Between(range!.Value.From, Yesterday.AddDays(-1)) : range,
            PagesAsync(application, days, first, CancellationToken.None))
        {
            State = state,
            Pending = isPending ? Yesterday : null,
        };
    }

    /// <summary>
    /// A page of the applications in custody with gaps, in the order of their ids. It reads one row for
    /// each application, not its days.
    /// </summary>
    /// <param name="after">The next value of the page before; null for the first page.</param>
    /// <param name="limit">The most applications of the page, at least 1. A page may have fewer, or none, without being the
    /// last.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<ArchiveGapsPage> ListGapsAsync(AppId? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var found = new List<ArchiveGaps>();
        for (var lookedAt = 0; lookedAt < LookedAtPerPage; lookedAt += LookedAtAtOnce)
        {
            var page = await applications.ListAsync(after, LookedAtAtOnce, cancellation);
            var gaps = await Task.WhenAll(page.Applications.Select(application => FindGapsAsync(application, cancellation)));
            for (var index = 0; index < gaps.Length; index++)
            {
                if (gaps[index] is not { } some) continue;
                if (found.Count == limit) return new ArchiveGapsPage(found, found[^1].Application);
                found.Add(some);
            }
            if (page.Next is null) return new ArchiveGapsPage(found, null);
            after = page.Next;
        }
        return new ArchiveGapsPage(found, after);
    }

    /// <summary>The gaps of an application; null if there are none. A pending day (<see cref="ArchivedDays.Pending"/>) is not a gap.</summary>
    public async Task<ArchiveGaps?> FindGapsAsync(ManagedApplication application, CancellationToken cancellation)
    {
        if (application.State != CustodyState.Held) return null;
        var state = await rows.FindStateAsync(application.Id, cancellation) ?? ArchiveState.Begin(application.CreatedAt);
        ArchiveGap[] gaps = [.. state.CreatedAt(application.CreatedAt).Gaps(ArchiveDays.Of(time.GetUtcNow()))];
        return gaps.Length == 0 ? null : new ArchiveGaps(application.Id, gaps);
    }

    private async IAsyncEnumerable<IReadOnlyList<ArchivedDay>> PagesAsync(
        AppId application, DayRange days, (IReadOnlyList<ArchivedDay> Days, bool HasMore) first,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var page = first; page.Days.Count > 0;)
        {
            yield return page.Days;
            if (!page.HasMore || page.Days[^1].Day == days.To) break;
            page = await ReadAsync(application, page.Days[^1].Day.AddDays(1), days.To, cancellation);
        }
    }

    private ValueTask<(IReadOnlyList<ArchivedDay> Days, bool HasMore)> ReadAsync(
        AppId application, DateOnly from, DateOnly to, CancellationToken cancellation) =>
        rows.ReadDaysAsync(application, new DayRange(from, to), cancellation);
}

/// <summary>Archived days of an application.</summary>
/// <param name="Expected">Those of the days that should be archived by now, without a pending one; null for none.</param>
/// <param name="Pages">The archived days, the earliest first, in pages of up to a thousand, each read on demand.</param>
public sealed record ArchivedDays(DayRange? Expected, IAsyncEnumerable<IReadOnlyList<ArchivedDay>> Pages)
{
    internal ArchiveState? State { get; init; }

    /// <summary>Yesterday, if it is one of the days and its nightly run may still read it; null otherwise. It may have a count already.</summary>
    public DateOnly? Pending { get; init; }

    /// <summary>Days that are not among the archived ones, divided by the reason for that.</summary>
    public IEnumerable<ArchiveGap> Gaps(DayRange missing) => State?.ByReason(missing) ?? [new ArchiveGap(missing, GapReason.NotRead)];
}

/// <summary>The gaps of an application in the archive.</summary>
/// <param name="Application">The application.</param>
/// <param name="Missing">The missing days, the earliest first.</param>
public sealed record ArchiveGaps(AppId Application, IReadOnlyList<ArchiveGap> Missing)
{
    /// <summary>How many days are missing.</summary>
    public int Days => Missing.Sum(gap => gap.Days.Days);
}

/// <summary>A page of applications with gaps.</summary>
/// <param name="Gaps">In the order of the applications' ids.</param>
/// <param name="Next">What to request the next page with; null on the last page.</param>
public sealed record ArchiveGapsPage(IReadOnlyList<ArchiveGaps> Gaps, AppId? Next);
