using OpenTelemetry.Trace;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Records every span of Gatehouse, also for a caller that does not record its trace, and drops the span that the Functions worker
/// makes of each call: Gatehouse's says the same and more.
/// </summary>
/// <remarks>
/// A sampler does not see a span's source. The worker's span starts with attributes of a function (<c>faas.</c>), Gatehouse's without
/// any. A filter behind the sampler would be too late: the exporter to Application Insights counts every span that was sampled.
/// </remarks>
internal sealed class OwnSpansSampler : Sampler
{
    private const string OfFunction = "faas.";

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        foreach (var (name, _) in samplingParameters.Tags ?? [])
        {
            if (name.StartsWith(OfFunction, StringComparison.Ordinal)) return new SamplingResult(SamplingDecision.Drop);
        }
        return new SamplingResult(SamplingDecision.RecordAndSample);
    }
}
