namespace Gatehouse.Archive;

/// <summary>
/// A set of days from 2010 on, one bit for each: 17 years are 776 bytes, so any set fits into a row's property. Immutable.
/// </summary>
internal sealed class DaySet
{
    public static readonly DaySet None = new([]);

    private readonly byte[] bits;

    private DaySet(byte[] bits) => this.bits = bits;

    public static DaySet Read(byte[] bytes) => bytes.Length == 0 ? None : new DaySet(bytes);

    /// <summary>The bits, without zero bytes at the end.</summary>
    public byte[] ToBytes() => bits;

    public bool Contains(DateOnly day) =>
        IndexOf(day) is var index && index / 8 < bits.Length && (bits[index / 8] & (1 << (index % 8))) != 0;

    /// <summary>The set with some days removed, and then some added.</summary>
    public DaySet With(IEnumerable<DateOnly> more, IEnumerable<DateOnly> less)
    {
        var changed = bits.ToList();
        foreach (var index in less.Select(IndexOf))
            if (index / 8 < changed.Count) changed[index / 8] &= (byte)~(1 << (index % 8));
        foreach (var index in more.Select(IndexOf))
        {
            while (changed.Count <= index / 8) changed.Add(0);
            changed[index / 8] |= (byte)(1 << (index % 8));
        }
        while (changed.Count > 0 && changed[^1] == 0) changed.RemoveAt(changed.Count - 1);
        return changed.Count == 0 ? None : new DaySet([.. changed]);
    }

    /// <summary>The days of the set that lie in a range, as ranges, the earliest first.</summary>
    public IEnumerable<DayRange> Within(DayRange range)
    {
        DateOnly? begun = null;
        var last = ArchiveDays.Earlier(range.To, ArchiveDays.Earliest.AddDays(bits.Length * 8));
        for (var day = ArchiveDays.Later(range.From, ArchiveDays.Earliest); day <= last; day = day.AddDays(1))
        {
            if (Contains(day))
            {
                begun ??= day;
                continue;
            }
            if (begun is { } first) yield return new DayRange(first, day.AddDays(-1));
            begun = null;
        }
        if (begun is { } from) yield return new DayRange(from, last);
    }

    private static int IndexOf(DateOnly day)
    {
        var index = day.DayNumber - ArchiveDays.Earliest.DayNumber;
        ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(day));
        return index;
    }
}
