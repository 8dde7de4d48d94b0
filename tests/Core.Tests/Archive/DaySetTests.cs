using FsCheck.Fluent;
using Gatehouse.Archive;

namespace Gatehouse.Tests.Archive;

/// <summary>A set of days behaves like a set.</summary>
public sealed class DaySetTests
{
    private static readonly DateOnly First = new(2010, 1, 1);

    [Fact]
    public void A_set_contains_added_days_until_they_are_removed() =>
        Properties.Check(Gen.ListOf(Gen.Zip(Gen.Choose(0, 400), Gen.Elements(true, false))), changes =>
        {
            var model = new SortedSet<DateOnly>();
            var set = DaySet.None;
            foreach (var (offset, isMore) in changes)
            {
                var day = First.AddDays(offset);
                DateOnly[] days = [day];
                set = isMore ? set.With(days, []) : set.With([], days);
                if (isMore) model.Add(day);
                else model.Remove(day);
            }
            set = DaySet.Read(set.ToBytes());
            Assert.Equal(model, Days(set.Within(new DayRange(DateOnly.MinValue, DateOnly.MaxValue))));
            Assert.Equal(model.Where(day => day >= First.AddDays(7) && day <= First.AddDays(99)), Days(set.Within(new DayRange(First.AddDays(7), First.AddDays(99)))));
            Assert.All(model, day => Assert.True(set.Contains(day)));
            Assert.Equal(model.Count == 0 ? 0 : (model.Max.DayNumber - First.DayNumber) / 8 + 1, set.ToBytes().Length);
            // Ranges are not adjacent.
            var ranges = set.Within(new DayRange(First, First.AddDays(1000))).ToList();
            Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.Second.From > pair.First.To.AddDays(1)));
        });

    [Fact]
    public void Only_valid_days_are_parsed()
    {
        for (var day = DateOnly.MinValue; day < DateOnly.MaxValue.AddDays(-13); day = day.AddDays(13)) Assert.Equal(day, ArchiveDays.Parse(ArchiveDays.Text(day)));
        Assert.Equal(new DateOnly(2028, 2, 29), ArchiveDays.Parse("2028-02-29"));
        string[] others = ["2027-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "0000-01-01", "2024-1-05", "2024/01/05", "2024-01-05 ", "", "2024-01-0a", "١٢٣٤-01-01"];
        Assert.All(others, text => Assert.Throws<Gatehouse.Storage.RowFormatException>(() => ArchiveDays.Parse(text)));
    }

    private static IEnumerable<DateOnly> Days(IEnumerable<DayRange> ranges) =>
        ranges.SelectMany(range => Enumerable.Range(0, range.Days).Select(offset => range.From.AddDays(offset)));
}
