using Gatehouse.Archive;
using Gatehouse.Storage;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive;

/// <summary>Reading archived days and gaps.</summary>
public sealed class ArchiveReaderTests : IAsyncLifetime
{
    private ArchiveScene scene = null!;
    private ArchiveInstance instance = null!;

    private ArchiveReader Reader => instance.Reader;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Days_are_read_in_pages_of_a_thousand_the_earliest_first()
    {
        var id = await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-15").AddDays(2500), instance);
        var all = new DayRange(DateOnly.MinValue, DateOnly.MaxValue);
        var opened = (await Reader.OpenAsync(id, all, None))!;
        var pages = await opened.Pages.ToListAsync();
        Assert.Equal([1000, 1000, 500], pages.Select(page => page.Count));
        Assert.Equal(await scene.DaysAsync(id), pages.SelectMany(page => page));
        Assert.Equal(new DayRange(Day("2024-05-15"), scene.Today.AddDays(-1)), opened.Expected);

        var some = (await Reader.OpenAsync(id, new DayRange(Day("2024-06-01"), Day("2024-06-03")), None))!;
        Assert.Equal(["2024-06-01", "2024-06-02", "2024-06-03"], (await some.Pages.SingleAsync()).Select(day => $"{day.Day:yyyy-MM-dd}"));
        Assert.Null((await Reader.OpenAsync(id, new DayRange(Day("2020-01-01"), Day("2020-12-31")), None))!.Expected);
    }

    [Fact]
    public async Task The_archive_of_a_deleted_application_stays()
    {
        var id = await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-20"), instance);
        await instance.Custody.Applications.DeleteAsync(id, "application", None);
        scene.GoTo(Day("2024-05-30"));
        await instance.Archive.RunAsync(None);
        var opened = (await Reader.OpenAsync(id, new DayRange(Day("2024-05-01"), Day("2024-05-30")), None))!;
        Assert.Equal(5, (await opened.Pages.SingleAsync()).Count);
        Assert.Equal(new DayRange(Day("2024-05-15"), Day("2024-05-19")), opened.Expected);
        Assert.Empty((await Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Null(await Reader.OpenAsync(AppId.Generate(), new DayRange(Day("2024-05-01"), Day("2024-05-30")), None));
    }

    [Fact]
    public async Task Applications_with_gaps_are_listed_in_pages_without_reading_their_days()
    {
        var ids = new List<AppId>();
        for (var count = 0; count < 5; count++) ids.Add(await scene.AddAsync());
        await scene.RunOnAsync(Day("2024-05-20"), instance);
        scene.GoTo(Day("2024-05-21"));
        // Yesterday is not expected yet.
        Assert.Empty((await Reader.ListGapsAsync(null, 2, None)).Gaps);

        scene.GoTo(Day("2024-05-25"));
        var listed = new List<ArchiveGaps>();
        ArchiveGapsPage? page = null;
        do
        {
            page = await Reader.ListGapsAsync(page?.Next, 2, None);
            Assert.InRange(page.Gaps.Count, 0, 2);
            listed.AddRange(page.Gaps);
        }
        while (page.Next is not null);
        Assert.Equal(ids.OrderBy(id => id.ToString(), StringComparer.Ordinal), listed.Select(gaps => gaps.Application));
        Assert.All(listed, gaps => Assert.Equal([new DayRange(Day("2024-05-20"), Day("2024-05-23"))], gaps.Missing.Select(gap => gap.Days)));
        Assert.All(listed, gaps => Assert.Equal(4, gaps.Days));
    }

    [Fact]
    public async Task An_application_that_was_never_archived_has_a_gap_since_its_creation()
    {
        await scene.AddAsync();
        scene.GoTo(Day("2024-05-18"));
        var gaps = Assert.Single((await Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Equal([new DayRange(Day("2024-05-15"), Day("2024-05-16"))], gaps.Missing.Select(gap => gap.Days));
    }

    [Fact]
    public async Task Missing_days_and_unread_days_are_told_apart()
    {
        var id = await scene.AddAsync();
        scene.Say(id, Day("2024-05-17"), null);
        scene.Say(id, Day("2024-05-19"), null);
        await scene.RunOnAsync(Day("2024-05-20"), instance);
        scene.GoTo(Day("2024-05-24"));
        var gaps = Assert.Single((await Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Equal(
            [
                new ArchiveGap(new DayRange(Day("2024-05-17"), Day("2024-05-17")), GapReason.LeftOut),
                new ArchiveGap(new DayRange(Day("2024-05-19"), Day("2024-05-19")), GapReason.LeftOut),
                new ArchiveGap(new DayRange(Day("2024-05-20"), Day("2024-05-22")), GapReason.NotRead),
            ],
            gaps.Missing);
        var opened = (await Reader.OpenAsync(id, new DayRange(Day("2024-05-16"), Day("2024-05-22")), None))!;
        Assert.Equal(gaps.Missing.Skip(1), opened.Gaps(new DayRange(Day("2024-05-19"), Day("2024-05-22"))));
    }

    [Fact]
    public async Task Other_rows_of_the_partition_are_not_read_as_days()
    {
        var id = await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-20"), instance);
        await instance.Backfills.OrderAsync(id, new DayRange(Day("2024-05-01"), Day("2024-05-02")), None);
        var rows = await scene.Store.ReadAsync(Table, id.ToString(), RowRange.All, 1000, None);
        Assert.Equal(5, rows.Count(row => string.CompareOrdinal(row.Key, ":") < 0));
        Assert.Equal(8, rows.Count);
        Assert.Equal(5, (await (await Reader.OpenAsync(id, new DayRange(DateOnly.MinValue, DateOnly.MaxValue), None))!.Pages.SingleAsync()).Count);
    }
}
