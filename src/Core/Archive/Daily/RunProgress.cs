using System.Collections.Concurrent;

namespace Gatehouse.Archive.Daily;

/// <summary>The progress of a run, counted by several threads.</summary>
/// <param name="last">The run before it.</param>
/// <param name="time">The clock.</param>
internal sealed class RunProgress(ArchiveRun? last, TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();
    private readonly long began = time.GetTimestamp();
    private readonly ConcurrentQueue<ArchiveFailure> failures = new();
    private readonly Guid id = ArchiveRun.NewId(time.GetUtcNow(), last?.Id);
    private int applications;
    private int failed;
    private long written;
    private long corrected;
    private volatile int lag;
    private volatile string? cursor;

    /// <summary>The first hundred failures.</summary>
    public IReadOnlyCollection<ArchiveFailure> Failures => failures;

    /// <summary>How many days behind yesterday the application is that is furthest behind.</summary>
    public int Lag => lag;

    /// <summary>The run has reached this application.</summary>
    public void Reach(AppId application) => cursor = application.ToString();

    public void Add(WriteTotals count)
    {
        Interlocked.Increment(ref applications);
        Interlocked.Add(ref written, count.Written);
        Interlocked.Add(ref corrected, count.Corrected);
        for (var known = lag; count.Lag > known; known = lag) Interlocked.CompareExchange(ref lag, count.Lag, known);
    }

    public void Add(ArchiveFailure failure)
    {
        if (Interlocked.Increment(ref failed) <= ArchiveRun.ListedFailures) failures.Enqueue(failure);
    }

    public ArchiveRun As(ArchiveRunState state)
    {
        var now = time.GetUtcNow();
        return new ArchiveRun(
            id, startedAt, now, state == ArchiveRunState.Done ? now : null, state, time.GetElapsedTime(began),
            Volatile.Read(ref applications), Interlocked.Read(ref written), Interlocked.Read(ref corrected),
            Volatile.Read(ref failed),
            [.. failures.Select(failure => new FailedApplication(failure.Application.ToString(), failure.Problem))])
        {
            Cursor = AppId.TryParse(cursor),
        };
    }
}
