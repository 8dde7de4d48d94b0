using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Ops;

/// <summary>The timers, by name.</summary>
internal sealed record TimersDocument([property: JsonPropertyName("timers")] IReadOnlyList<TimerDocument> Timers);

/// <summary>A timer.</summary>
internal sealed record TimerDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("schedule")] string Schedule,
    [property: JsonPropertyName("next_at")] string NextAt,
    [property: JsonPropertyName("is_overdue")] bool IsOverdue,
    [property: JsonPropertyName("last_run")] TimerRunDocument? LastRun,
    [property: JsonPropertyName("runs")] IReadOnlyList<TimerRunDocument> Runs)
{
    public static TimerDocument Of(WatchedJob job) => new(
        job.Name, job.Schedule, Rfc3339.Text(job.NextAt), job.IsOverdue, job.History.Last is { } last ? TimerRunDocument.Of(last) : null,
        [.. job.History.Notable.Select(TimerRunDocument.Of)]);
}

/// <summary>A run of a timer.</summary>
internal sealed record TimerRunDocument(
    [property: JsonPropertyName("began_at")] string BeganAt,
    [property: JsonPropertyName("duration_ms")] long? DurationMs,
    [property: JsonPropertyName("outcome")] string Outcome,
    [property: JsonPropertyName("did")] IReadOnlyDictionary<string, long> Did)
{
    public static TimerRunDocument Of(JobRun run) => new(
        Rfc3339.Text(run.BeganAt), run.Outcome == JobOutcome.Running ? null : (long)run.Duration.TotalMilliseconds,
        JobOutcomeNames.NameOf(run.Outcome), run.Result.Counts.ToDictionary(one => one.What, one => one.Count));
}

[JsonSerializable(typeof(TimersDocument))]
internal sealed partial class TimersContext : JsonSerializerContext;
