using System.Diagnostics;

namespace Gatehouse.Telemetry;

/// <summary>
/// The spans of Gatehouse, for OpenTelemetry: one for each function, request to the platform, commit and call of the vault.
/// Names and attributes are fixed words and numbers, never data of a caller.
/// </summary>
public static class Spans
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Source = "Gatehouse";

    private static readonly ActivitySource Activities = new(Source);

    /// <summary>Whether anything listens.</summary>
    public static bool HasListeners => Activities.HasListeners();

    /// <summary>Starts a span; null where nothing listens.</summary>
    /// <param name="name">The span's name.</param>
    /// <param name="kind">The span's kind.</param>
    /// <param name="parent">The caller's span from another process; default for the current one.</param>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext parent = default) =>
        Activities.StartActivity(name, kind, parent);

    /// <summary>
    /// Marks a span as failed, with the exception's type. Its message is left out: it may hold data of a caller.
    /// </summary>
    public static void Fail(this Activity? span, Exception e)
    {
        if (span is null) return;
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag("error.type", e.GetType().FullName);
    }
}
