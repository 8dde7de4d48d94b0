using System.Diagnostics;
using Gatehouse.Telemetry;
using OpenTelemetry;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Keeps the Functions worker's own span of each call from being sent: Gatehouse's span says the same and more. It must come before
/// the exporters.
/// </summary>
internal sealed class WorkerSpanFilter : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.Source.Name != Spans.Source) data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
