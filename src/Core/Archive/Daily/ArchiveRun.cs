using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Archive.Daily;

/// <summary>The state of a run. The names are stored.</summary>
public enum ArchiveRunState
{
    /// <summary>It is running.</summary>
    Running,

    /// <summary>It has finished.</summary>
    Done,

    /// <summary>It was interrupted. The next run continues there.</summary>
    Interrupted,
}

/// <summary>A run of the archive and its results so far.</summary>
/// <param name="Id">Its id. Ids count the time down, so that the newest run comes first.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="NotedAt">When it last stored its progress.</param>
/// <param name="EndedAt">When it finished; null where it has not.</param>
/// <param name="State">Its state.</param>
/// <param name="Duration">How long it has been running.</param>
/// <param name="Applications">How many applications it has processed.</param>
/// <param name="DaysWritten">How many days it has written.</param>
/// <param name="Corrected">How many of those had another count before.</param>
/// <param name="Failed">How many applications have failed.</param>
/// <param name="Failures">The first hundred of them.</param>
public sealed record ArchiveRun(
    Guid Id, DateTimeOffset StartedAt, DateTimeOffset NotedAt, DateTimeOffset? EndedAt, ArchiveRunState State, TimeSpan Duration,
    int Applications, long DaysWritten, long Corrected, int Failed, IReadOnlyList<FailedApplication> Failures)
{
    /// <summary>The most failures that are stored.</summary>
    public const int ListedFailures = 100;

    /// <summary>The application that was reached; null before the first.</summary>
    internal AppId? Cursor { get; init; }

    /// <summary>The id of a new run, which sorts before the last run's even if the clock was set back.</summary>
    internal static Guid NewId(DateTimeOffset startedAt, Guid? before)
    {
        Span<byte> bytes = stackalloc byte[16];
        var left = TimeKeys.TicksLeft(startedAt.UtcTicks);
        if (before is { } last)
        {
            last.TryWriteBytes(bytes, bigEndian: true, out _);
            left = Math.Min(left, BinaryPrimitives.ReadInt64BigEndian(bytes) - 1);
        }
        BinaryPrimitives.WriteInt64BigEndian(bytes, left);
        RandomNumberGenerator.Fill(bytes[8..]);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The row key: the id's digits, in the order of its bytes.</summary>
    internal static string RowKey(Guid id) => id.ToString("N");

    /// <summary>Reads a run, as of an instant.</summary>
    internal static ArchiveRun Read(TableRow row, DateTimeOffset now, TimeSpan silence)
    {
        var state = Enum.Parse<ArchiveRunState>(row.GetString(nameof(State)));
        var notedAt = row.GetDateTimeOffset(nameof(NotedAt));
        return new ArchiveRun(
            Guid.ParseExact(row.Key, "N"), row.GetDateTimeOffset(nameof(StartedAt)), notedAt,
            row.Find(nameof(EndedAt)) as DateTimeOffset?,
            // An interrupted run must not look alive because the clock was set back.
            state == ArchiveRunState.Running && (now - notedAt).Duration() >= silence ? ArchiveRunState.Interrupted : state,
            TimeSpan.FromMilliseconds(row.GetInt64("DurationMs")), (int)row.GetInt64(nameof(Applications)),
            row.GetInt64(nameof(DaysWritten)), row.GetInt64(nameof(Corrected)), (int)row.GetInt64(nameof(Failed)),
            JsonSerializer.Deserialize(row.GetString(nameof(Failures)), ArchiveJson.Default.IReadOnlyListFailedApplication) ?? [])
        {
            Cursor = AppId.TryParse(row.GetString(nameof(Cursor))),
        };
    }

    internal TableRow ToRow()
    {
        RowProperty[] properties =
        [
            new(nameof(StartedAt), StartedAt), new(nameof(NotedAt), NotedAt), new(nameof(State), State.ToString()),
            new("DurationMs", (long)Duration.TotalMilliseconds), new(nameof(Applications), (long)Applications),
            new(nameof(DaysWritten), DaysWritten), new(nameof(Corrected), Corrected), new(nameof(Failed), (long)Failed),
            new(nameof(Failures), JsonSerializer.Serialize(Failures, ArchiveJson.Default.IReadOnlyListFailedApplication)),
            new(nameof(Cursor), Cursor?.ToString() ?? ""),
        ];
        return new TableRow(RowKey(Id), null, EndedAt is { } end ? [.. properties, new(nameof(EndedAt), end)] : properties);
    }
}

/// <summary>An application that a run could not archive.</summary>
/// <param name="AppId">The application's id.</param>
/// <param name="Problem">Why (<see cref="ArchiveFailure.Problem"/>).</param>
public sealed record FailedApplication(string AppId, string Problem);

[JsonSerializable(typeof(IReadOnlyList<FailedApplication>))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
