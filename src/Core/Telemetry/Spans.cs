using System.Diagnostics;

namespace Gatehouse.Telemetry;

/// <summary>
/// The spans that Gatehouse makes where somebody listens (OpenTelemetry): one for each function, upstream call, commit and
/// call of the vault. Their names and attributes are words of the code's own and numbers: never what a caller sent.
/// </summary>
public static class Spans
{
    /// <summary>The name that listeners know the spans and the measures by.</summary>
    public const string Source = "Gatehouse";

    private static readonly ActivitySource Activities = new(Source);

    /// <summary>Whether anybody listens.</summary>
    public static bool AreHeard => Activities.HasListeners();

    /// <summary>Starts a span; null where nobody listens.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="kind">On which side of a line.</param>
    /// <param name="parent">The span of whoever asked, from without; default for the one that is current here.</param>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext parent = default) =>
        Activities.StartActivity(name, kind, parent);

    /// <summary>Marks a span as failed by the type of what was thrown: its message may hold what a caller sent.</summary>
    public static void Fail(this Activity? span, Exception e)
    {
        if (span is null) return;
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag("error.type", e.GetType().FullName);
    }
}
