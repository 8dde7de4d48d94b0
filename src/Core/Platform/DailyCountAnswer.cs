using Gatehouse.Common;

namespace Gatehouse.Platform;

/// <summary>
/// The platform's answer about a range of days. A day that is in neither list was left out of the answer, which does not mean
/// that it had no messages.
/// </summary>
/// <param name="Counts">The days with a count, 0 included, newest first.</param>
/// <param name="Unreadable">The days whose value is not a count.</param>
public sealed record DailyCountAnswer(IReadOnlyList<DailyCount> Counts, IReadOnlyList<DateOnly> Unreadable)
{
    /// <summary>An answer without unreadable days.</summary>
    public static DailyCountAnswer Of(IReadOnlyList<DailyCount> counts) => new(counts, []);
}
