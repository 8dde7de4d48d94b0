using Gatehouse.Access;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Common;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>The archive of daily message counts. It keeps them longer than the platform does, and after an application is deleted.</summary>
public sealed class DailyCounts(
    OpsGate gate, ArchiveReader archive, ArchiveRuns runs, Backfills backfills, ManagedApplications applications, AccessKeys keys)
{
    private const int DefaultDays = 30;

    /// <summary>Streams the archived days of a range of any length, as JSON or CSV.</summary>
    [Function(nameof(ReadDailyCounts)), QueryParameters("from", "to", "format")]
    public Task<IResult> ReadDailyCounts(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}/daily_counts")] HttpRequest request,
        string appId) =>
        gate.ReadAsync(request, Role.CountsRead, appId, async (_, application, cancellation) =>
        {
            var (days, isCsv) = (Days(request), DailyCountsReply.WantsCsv(request));
            var archived = await archive.OpenAsync(application, days, cancellation)
                ?? throw new ProblemException(Problem.UnknownApplication());
            return new DailyCountsReply(archived, isCsv);
        });

    /// <summary>Starts to read days of an application from the platform again, in the background.</summary>
    [Function(nameof(BackfillDailyCounts))]
    public Task<IResult> BackfillDailyCounts(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/daily_counts/backfill")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.CountsWrite, appId, async (change, application, cancellation) =>
        {
            var body = await RequestBody.ReadFieldsAsync(request, ["from", "to"], cancellation);
            var days = Checked(body.RequiredDate("from"), body.RequiredDate("to"));
            change.SetSubject(AuditSubject.Days(days.From, days.To));
            return new PreparedChange(
                async () =>
                {
                    var ordered = await backfills.OrderAsync(application, days, cancellation);
                    return OpsReply.Accepted(
                        $"/ops/v1/applications/{application}/daily_counts/backfill/{ordered.Id}", BackfillDocument.Of(ordered),
                        ArchiveContext.Default.BackfillDocument);
                },
                () => DryRunDocument.OfAsync(backfills.PreviewAsync(application, days, cancellation)));
        });

    /// <summary>The progress of a backfill.</summary>
    [Function(nameof(ViewBackfill))]
    public Task<IResult> ViewBackfill(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}/daily_counts/backfill/{operationId}")] HttpRequest request,
        string appId, string operationId) =>
        gate.ReadAsync(request, Role.CountsRead, appId, async (_, application, cancellation) =>
            Guid.TryParse(operationId, out var id) && await backfills.FindAsync(application, id, cancellation) is { } found
                ? OpsReply.Ok(BackfillDocument.Of(found), ArchiveContext.Default.BackfillDocument)
                : throw new ProblemException(Problem.NotFound("The application has no such backfill.")));

    /// <summary>A page of the caller's applications with missing days before yesterday.</summary>
    [Function(nameof(ListDailyCountGaps)), QueryParameters("limit", "token")]
    public Task<IResult> ListDailyCountGaps(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/daily_counts/gaps")] HttpRequest request) =>
        gate.ReadOwnAsync(request, Role.CountsRead, async (caller, cancellation) =>
        {
            var after = RequestQuery.Position(request, keys.ListPages) is { } position ? AppId.From(position) : (AppId?)null;
            var page = await ListGapsAsync(caller, after, RequestQuery.Limit(request), cancellation);
            return OpsReply.Ok(
                new GapsDocument([.. page.Gaps.Select(GapDocument.Of)], Next(page.Next?.ToGuid())), ArchiveContext.Default.GapsDocument);
        });

    /// <summary>A page of the archive's runs, newest first.</summary>
    [Function(nameof(ListDailyCountRuns)), QueryParameters("limit", "token")]
    public Task<IResult> ListDailyCountRuns(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/daily_counts/runs")] HttpRequest request) =>
        gate.ReadGlobalAsync(request, Role.CountsRead, async (_, cancellation) =>
        {
            var page = await runs.ListAsync(RequestQuery.Position(request, keys.ListPages), RequestQuery.Limit(request), cancellation);
            return OpsReply.Ok(
                new RunsDocument([.. page.Runs.Select(RunDocument.Of)], Next(page.Next)), ArchiveContext.Default.RunsDocument);
        });

    // The default is the thirty days up to yesterday.
    private DayRange Days(HttpRequest request)
    {
        var from = RequestQuery.Date(request, "from");
        var to = RequestQuery.Date(request, "to") ?? (from > archive.Yesterday ? from.Value : archive.Yesterday);
        from ??= DateOnly.FromDayNumber(Math.Max(0, to.DayNumber - DefaultDays + 1));
        return DayRange.Between(from.Value, to) ?? throw RequestException.OutOfRange("from must not be after to.");
    }

    private DayRange Checked(DateOnly from, DateOnly to)
    {
        var range = DayRange.Between(from, to) ?? throw RequestException.OutOfRange("from must not be after to.");
        var possible = backfills.Possible;
        return possible.Contains(from) && possible.Contains(to)
            ? range
            : throw RequestException.OutOfRange($"from and to must be from {IsoDate.Text(possible.From)} to {IsoDate.Text(possible.To)}.");
    }

    // A confined caller has few applications, so they are read one by one.
    private async Task<ArchiveGapsPage> ListGapsAsync(
        Caller caller, AppId? after, int limit, CancellationToken cancellation)
    {
        if (caller.Applications is null) return await archive.ListGapsAsync(after, limit, cancellation);
        var found = new List<ArchiveGaps>();
        foreach (var id in caller.Applications.OrderBy(id => id.ToString(), StringComparer.Ordinal))
        {
            if (after is { } last && string.CompareOrdinal(id.ToString(), last.ToString()) <= 0) continue;
            if (await applications.FindAsync(id, cancellation) is not { } application) continue;
            if (await archive.FindGapsAsync(application, cancellation) is not { } gaps) continue;
            if (found.Count == limit) return new ArchiveGapsPage(found, found[^1].Application);
            found.Add(gaps);
        }
        return new ArchiveGapsPage(found, null);
    }

    private string Next(Guid? position) => position is { } last ? PageToken.Write(last, keys.ListPages) : "";
}
