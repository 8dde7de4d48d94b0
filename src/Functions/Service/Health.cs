using System.Text.Json.Serialization;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Service;

/// <summary>Whether this instance is alive and ready, for load balancers. Needs no credential.</summary>
public sealed class Health(PublicGate gate, Readiness readiness, UnsetSchedules unset)
{
    /// <summary>200 if the instance answers.</summary>
    [Function(nameof(CheckLiveness))]
    public Task<IResult> CheckLiveness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health/live")] HttpRequest request) =>
        gate.OpenAsync(request, _ => Task.FromResult(
            OpsReply.Ok(new LivenessDocument("live"), HealthContext.Default.LivenessDocument)));

    /// <summary>200 if store and vault answer and take writes, otherwise 503; the body shows which of them answers.</summary>
    [Function(nameof(CheckReadiness))]
    public Task<IResult> CheckReadiness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health/ready")] HttpRequest request) =>
        gate.OpenAsync(request, async cancellation =>
        {
            var report = await readiness.FindAsync(cancellation);
            return OpsReply.Health(
                report.IsReady, ReadinessDocument.Of(report, unset), HealthContext.Default.ReadinessDocument, Readiness.CacheTime);
        });
}

/// <summary>The answer to a check of liveness: always <c>live</c>.</summary>
internal sealed record LivenessDocument([property: JsonPropertyName("status")] string Status);

/// <summary>Readiness, <c>ready</c> or <c>unavailable</c>, and the settings of disabled timers, if there are any.</summary>
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

/// <summary>Store and vault: <c>ok</c> or <c>unavailable</c>.</summary>
internal sealed record ReadinessChecksDocument(
    [property: JsonPropertyName("store")] string Store, [property: JsonPropertyName("vault")] string Vault);

[JsonSerializable(typeof(LivenessDocument))]
[JsonSerializable(typeof(ReadinessDocument))]
internal sealed partial class HealthContext : JsonSerializerContext;
