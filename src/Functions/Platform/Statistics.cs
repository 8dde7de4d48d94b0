using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Gatehouse.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Platform;

/// <summary>An application's statistics (contract, "View CCU" to "View daily message count"). Days are UTC.</summary>
public sealed class Statistics(PlatformGate gate, UsageStatistics statistics, TimeProvider time)
{
    /// <summary>The number of open connections.</summary>
    [Function(nameof(ViewCcu))]
    public Task<IResult> ViewCcu(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/ccu")] HttpRequest request) =>
        gate.ApplicationAsync(
            request,
            async (caller, cancellation) => PlatformReply.Ok(
                new CcuDocument(await statistics.ConcurrentConnectionsAsync(caller.Application, cancellation)),
                WireContext.Default.CcuDocument));

    /// <summary>The active users of the 30 days up to a day. The default is today.</summary>
    [Function(nameof(ViewMau))]
    public Task<IResult> ViewMau(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/mau")] HttpRequest request) =>
        gate.ApplicationAsync(
            request,
            async (caller, cancellation) => PlatformReply.Ok(
                new MauDocument(await statistics.MonthlyActiveUsersAsync(caller.Application, DateOrToday(request), cancellation)),
                WireContext.Default.MauDocument));

    /// <summary>The active users of a day. The default is today.</summary>
    [Function(nameof(ViewDau))]
    public Task<IResult> ViewDau(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/dau")] HttpRequest request) =>
        gate.ApplicationAsync(
            request,
            async (caller, cancellation) => PlatformReply.Ok(
                new DauDocument(await statistics.DailyActiveUsersAsync(caller.Application, DateOrToday(request), cancellation)),
                WireContext.Default.DauDocument));

    /// <summary>The message counts of a range of days, newest first.</summary>
    [Function(nameof(ViewDailyMessageCount))]
    public Task<IResult> ViewDailyMessageCount(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/messages/daily_count")] HttpRequest request) =>
        gate.ApplicationAsync(request, async (caller, cancellation) =>
        {
            var (from, to) = Range(request);
            var counts = await statistics.DailyCountsAsync(caller.Application, from, to, cancellation);
            return PlatformReply.Ok(DailyCountDocument.Of(counts), WireContext.Default.DailyCountDocument);
        });

    private static (DateOnly From, DateOnly To) Range(HttpRequest request)
    {
        var from = RequestQuery.Date(request, "start_date") ?? throw PlatformException.Required("start_date");
        var to = RequestQuery.Date(request, "end_date") ?? throw PlatformException.Required("end_date");
        if (from > to) throw PlatformException.OutOfRange("start_date must not be after end_date.");
        return to.DayNumber - from.DayNumber < UsageStatistics.MostDays
            ? (from, to)
            : throw PlatformException.OutOfRange($"start_date and end_date must span at most {UsageStatistics.MostDays} days.");
    }

    private DateOnly DateOrToday(HttpRequest request) =>
        RequestQuery.Date(request, "date") ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
}
