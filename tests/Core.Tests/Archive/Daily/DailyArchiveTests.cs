using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Storage;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive.Daily;

/// <summary>What a run requests and writes.</summary>
public sealed class DailyArchiveTests : IAsyncLifetime
{
    private ArchiveScene scene = null!;
    private ArchiveInstance instance = null!;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task The_first_run_archives_every_day_from_the_creation_to_yesterday()
    {
        var id = await scene.AddAsync();
        var run = await scene.RunOnAsync(Day("2024-05-25"), instance);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-24"));
        Assert.Equal((ArchiveRunState.Done, 1, 10L, 0L, 0), (run.State, run.Applications, run.DaysWritten, run.Corrected, run.Failed));
        Assert.Equal([new DayRange(Day("2024-05-15"), Day("2024-05-24"))], scene.Asked);
        Assert.Equal([(Table, 11)], scene.Store.Commits.Where(commit => commit.Table == Table));

        // The stored format: row key, property names and types.
        var row = (await scene.Store.GetAsync(Table, id.ToString(), "2024-05-20", None))!;
        Assert.Equal(
            [
                ("Count", scene.Said(id, Day("2024-05-20"))!), ("Source", "embedded"), ("Final", true),
                ("ArchivedAt", scene.Clock.GetUtcNow()),
            ],
            row.Properties.Select(property => (property.Name, (object)property.Value)));
    }

    [Fact]
    public async Task An_application_has_nothing_to_archive_on_the_day_of_its_creation()
    {
        var id = await scene.AddAsync();
        var run = (await instance.Archive.RunAsync(None)).Run;
        Assert.Equal((1, 0L), (run.Applications, run.DaysWritten));
        Assert.Empty(scene.Asked);
        Assert.Empty(await scene.DaysAsync(id));
        Assert.Equal(0, scene.Store.Count(Table));
    }

    [Fact]
    public async Task A_daily_run_makes_one_request_and_one_commit_for_each_application()
    {
        for (var count = 0; count < 3; count++) await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-06-01"), instance);
        scene.Asked.Clear();
        scene.Store.Commits.Clear();

        var run = await scene.RunOnAsync(Day("2024-06-02"), instance);
        Assert.Equal(Enumerable.Repeat(new DayRange(Day("2024-05-30"), Day("2024-06-01")), 3), scene.Asked);
        Assert.Equal(Enumerable.Repeat((Table, 4), 3), scene.Store.Commits.Where(commit => commit.Table == Table));
        Assert.Equal((3, 9L), (run.Applications, run.DaysWritten));
    }

    [Theory]
    [InlineData("2024-06-01")]
    [InlineData("2025-01-01")]
    [InlineData("2028-02-29")]
    [InlineData("2028-03-01")]
    [InlineData("2027-03-01")]
    public async Task A_day_is_corrected_until_it_is_three_days_old_and_then_final(string around)
    {
        var day = Day(around);
        scene.GoTo(day.AddDays(-10));
        var id = await scene.AddAsync();
        for (var age = -9; age <= 0; age++) await scene.RunOnAsync(day.AddDays(age), instance);
        for (var age = 1; age <= 3; age++)
        {
            scene.Say(id, day, 100 + age);
            var run = await scene.RunOnAsync(day.AddDays(age), instance);
            var archived = await scene.DayAsync(id, day);
            Assert.Equal((100 + age, age == 3, scene.Clock.GetUtcNow()), (archived.Count, archived.Final, archived.ArchivedAt));
            Assert.Equal(age == 1 ? 0 : 1, run.Corrected);
        }
        scene.Say(id, day, 200);
        await scene.RunOnAsync(day.AddDays(4), instance);
        Assert.Equal(103, (await scene.DayAsync(id, day)).Count);
        scene.Say(id, day, 103);
        await scene.AssertArchivedAsync(id, day.AddDays(-10), day.AddDays(3));
    }

    [Fact]
    public async Task A_timer_that_is_days_late_reads_every_day_that_is_not_final()
    {
        var id = await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-30"), instance);
        scene.Say(id, Day("2024-05-28"), 5000);
        scene.Asked.Clear();
        await scene.RunOnAsync(Day("2024-06-10"), instance);
        Assert.Equal([new DayRange(Day("2024-05-28"), Day("2024-06-09"))], scene.Asked);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-06-09"));
        Assert.Equal(Day("2024-06-07"), (await scene.DaysAsync(id)).Last(day => day.Final).Day);
        Assert.All((await scene.DaysAsync(id)).Where(day => day.Day <= Day("2024-06-07")), day => Assert.True(day.Final));
    }

    [Fact]
    public async Task A_timer_that_fires_twice_makes_no_request_the_second_time()
    {
        await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-30"), instance);
        var (asked, commits) = (scene.Asked.Count, scene.Store.Count(Table));
        var run = (await instance.Archive.RunAsync(None)).Run;
        Assert.Equal((1, 0L), (run.Applications, run.DaysWritten));
        Assert.Equal((asked, commits), (scene.Asked.Count, scene.Store.Count(Table)));
    }

    [Fact]
    public async Task A_clock_set_back_over_midnight_does_not_change_the_archive()
    {
        var id = await scene.AddAsync();
        scene.RightClock.Set(new DateTimeOffset(2024, 5, 30, 0, 30, 0, TimeSpan.Zero));
        await instance.Archive.RunAsync(None);
        var before = await scene.DaysAsync(id);

        scene.Clock.Error = TimeSpan.FromHours(-1);
        await instance.Archive.RunAsync(None);
        Assert.Equal(before.Select(day => (day.Day, day.Count, day.Final)), (await scene.DaysAsync(id)).Select(day => (day.Day, day.Count, day.Final)));
        Assert.Null(await instance.Reader.FindGapsAsync((await instance.Custody.Applications.FindAsync(id, None))!, None));

        scene.Clock.Error = TimeSpan.Zero;
        await scene.RunOnAsync(Day("2024-05-31"), instance);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-30"));
    }

    [Fact]
    public async Task A_clock_that_was_years_ahead_does_not_stop_the_archive()
    {
        var id = await scene.AddAsync();
        scene.GoTo(Day("2024-05-20"));
        scene.Clock.Error = TimeSpan.FromDays(365);
        await instance.Archive.RunAsync(None);
        scene.Clock.Error = TimeSpan.Zero;
        scene.Say(id, Day("2024-05-21"), 777);
        await scene.RunOnAsync(Day("2024-05-22"), instance);
        Assert.Equal(777, (await scene.DayAsync(id, Day("2024-05-21"))).Count);
    }

    [Fact]
    public async Task An_application_that_turns_out_to_be_older_is_read_from_its_creation()
    {
        var id = await scene.AddAsync();
        await scene.RunOnAsync(Day("2024-05-20"), instance);
        var record = (await scene.Store.GetAsync("Custody", id.ToString()[..1], $"a:{id}", None))!;
        RowProperty[] older = [.. record.Properties.Where(property => property.Name != "CreatedAt"), new("CreatedAt", scene.Clock.GetUtcNow().AddDays(-30))];
        (await scene.Store.CommitAsync("Custody", id.ToString()[..1], [RowChange.Put(new TableRow(record.Key, null, older))], None)).OrThrow();
        await scene.RunOnAsync(Day("2024-05-21"), instance);
        await scene.AssertArchivedAsync(id, Day("2024-04-20"), Day("2024-05-20"));
    }

    [Fact]
    public async Task An_application_that_is_being_deleted_is_skipped()
    {
        var id = await scene.AddAsync();
        scene.Platform.FailBefore("DeleteAsync", Gatehouse.Platform.PlatformException.Unavailable());
        await Assert.ThrowsAsync<Gatehouse.Platform.PlatformException>(() => instance.Custody.Applications.DeleteAsync(id, "application", None));
        var run = await scene.RunOnAsync(Day("2024-05-30"), instance);
        Assert.Equal((0, 0), (run.Applications, run.Failed));
    }
}
