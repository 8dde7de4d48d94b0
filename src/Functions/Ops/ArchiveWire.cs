using System.Text.Json.Serialization;
using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Common;

namespace Gatehouse.Functions.Ops;

/// <summary>A backfill. The remaining time is null while it is not known.</summary>
internal sealed record BackfillDocument(
    [property: JsonPropertyName("operation_id")] string OperationId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("from")] string From,
    [property: JsonPropertyName("to")] string To,
    [property: JsonPropertyName("days_asked")] int DaysAsked,
    [property: JsonPropertyName("days_done")] int DaysDone,
    [property: JsonPropertyName("days_missing")] int DaysMissing,
    [property: JsonPropertyName("seconds_remaining")] long? SecondsRemaining,
    [property: JsonPropertyName("problem")] string? Problem,
    [property: JsonPropertyName("created_at")] string CreatedAt)
{
    public static BackfillDocument Of(BackfillJob backfill) => new(
        backfill.Id.ToString(),
        backfill.State switch
        {
            BackfillState.Running => "running",
            BackfillState.Done => "done",
            BackfillState.Failed => "failed",
            _ => throw new ArgumentException("The state is not known.", nameof(backfill)),
        },
        IsoDate.Text(backfill.Days.From), IsoDate.Text(backfill.Days.To), backfill.Days.Days, backfill.DaysDone, backfill.DaysMissing,
        backfill.Remaining is { } rest ? (long)Math.Ceiling(rest.TotalSeconds) : null, backfill.Problem,
        Rfc3339.Text(backfill.CreatedAt));
}

/// <summary>A page of applications with gaps; <c>next</c> is empty on the last.</summary>
internal sealed record GapsDocument(
    [property: JsonPropertyName("applications")] IReadOnlyList<GapDocument> Applications,
    [property: JsonPropertyName("next")] string Next);

/// <summary>The missing days of an application.</summary>
internal sealed record GapDocument(
    [property: JsonPropertyName("app_id")] string AppId,
    [property: JsonPropertyName("days")] int Days,
    [property: JsonPropertyName("missing")] IReadOnlyList<DayRangeDocument> Missing)
{
    public static GapDocument Of(ArchiveGaps gaps) => new(
        gaps.Application.ToString(), gaps.Days,
        [.. gaps.Missing.Select(gap => new DayRangeDocument(IsoDate.Text(gap.Days.From), IsoDate.Text(gap.Days.To), GapReasons.NameOf(gap.Reason)))]);
}

/// <summary>Days from one to another, both inclusive, and why they have no count.</summary>
internal sealed record DayRangeDocument(
    [property: JsonPropertyName("from")] string From, [property: JsonPropertyName("to")] string To,
    [property: JsonPropertyName("reason")] string Reason);

/// <summary>A page of runs; <c>next</c> is empty on the last.</summary>
internal sealed record RunsDocument(
    [property: JsonPropertyName("runs")] IReadOnlyList<RunDocument> Runs,
    [property: JsonPropertyName("next")] string Next);

/// <summary>A run of the archive.</summary>
internal sealed record RunDocument(
    [property: JsonPropertyName("run_id")] string RunId,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("started_at")] string StartedAt,
    [property: JsonPropertyName("ended_at")] string? EndedAt,
    [property: JsonPropertyName("duration_seconds")] double DurationSeconds,
    [property: JsonPropertyName("applications")] int Applications,
    [property: JsonPropertyName("days_written")] long DaysWritten,
    [property: JsonPropertyName("corrected")] long Corrected,
    [property: JsonPropertyName("failed")] int Failed,
    [property: JsonPropertyName("failures")] IReadOnlyList<FailureDocument> Failures)
{
    public static RunDocument Of(ArchiveRun run) => new(
        run.Id.ToString(),
        run.State switch
        {
            ArchiveRunState.Running => "running",
            ArchiveRunState.Done => "done",
            ArchiveRunState.Interrupted => "interrupted",
            _ => throw new ArgumentException("The state is not known.", nameof(run)),
        },
        Rfc3339.Text(run.StartedAt), Rfc3339.TextOrNull(run.EndedAt), Math.Round(run.Duration.TotalSeconds, 3), run.Applications,
        run.DaysWritten, run.Corrected, run.Failed,
        [.. run.Failures.Select(failure => new FailureDocument(failure.AppId, failure.Problem))]);
}

/// <summary>An application that could not be archived, with the type of the problem.</summary>
internal sealed record FailureDocument(
    [property: JsonPropertyName("app_id")] string AppId, [property: JsonPropertyName("problem")] string Problem);

[JsonSerializable(typeof(BackfillDocument))]
[JsonSerializable(typeof(GapsDocument))]
[JsonSerializable(typeof(RunsDocument))]
internal sealed partial class ArchiveContext : JsonSerializerContext;
