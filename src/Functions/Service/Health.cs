using System.Text.Json.Serialization;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Service;

/// <summary>Whether this instance lives, and whether it can do what it is there for. For load balancers; needs no credential.</summary>
public sealed class Health(PublicGate gate, Readiness readiness, UnsetSchedules unset)
{
    /// <summary>200 as long as it answers at all.</summary>
    [Function(nameof(CheckLiveness))]
    public Task<IResult> CheckLiveness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/live")] HttpRequest request) =>
        gate.OpenAsync(request, _ => Task.FromResult(
            OpsReply.Ok(new LivenessDocument("live"), HealthContext.Default.LivenessDocument)));

    /// <summary>200 where store and vault answer; 503 where not, with which.</summary>
    [Function(nameof(CheckReadiness))]
    public Task<IResult> CheckReadiness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/ready")] HttpRequest request) =>
        gate.OpenAsync(request, async cancellation =>
        {
            var report = await readiness.FindAsync(cancellation);
            return OpsReply.Health(
                report.IsReady, ReadinessDocument.Of(report, unset), HealthContext.Default.ReadinessDocument, Readiness.CacheTime);
        });
}

/// <summary>That it lives.</summary>
internal sealed record LivenessDocument([property: JsonPropertyName("status")] string Status);

/// <summary>Whether it is ready: <c>ready</c> or <c>unavailable</c>; and which timers are disabled, if any.</summary>
internal sealed record ReadinessDocument(
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("checks")] ReadinessChecksDocument Checks,
    [property: JsonPropertyName("schedules_not_set"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<string>? SchedulesNotSet)
{
    public static ReadinessDocument Of(ReadinessReport report, UnsetSchedules unset) => new(
        report.IsReady ? "ready" : "unavailable", new ReadinessChecksDocument(Name(report.Store), Name(report.Vault)),
        unset.Names.Count == 0 ? null : unset.Names);

    private static string Name(bool answers) => answers ? "ok" : "unavailable";
}

/// <summary>What each of them does: <c>ok</c> or <c>unavailable</c>.</summary>
internal sealed record ReadinessChecksDocument(
    [property: JsonPropertyName("store")] string Store, [property: JsonPropertyName("vault")] string Vault);

[JsonSerializable(typeof(LivenessDocument))]
[JsonSerializable(typeof(ReadinessDocument))]
internal sealed partial class HealthContext : JsonSerializerContext;
