using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gatehouse.Telemetry;

/// <summary>The metrics of Gatehouse, for OpenTelemetry. No attribute holds a secret or a user's id.</summary>
public static class Measures
{
    private static readonly Meter Meter = new(Spans.Source);

    /// <summary>
    /// How long functions take, in seconds, by <c>operation</c> and <c>outcome</c>: the HTTP status, or <c>done</c> and
    /// <c>failed</c> of a timer.
    /// </summary>
    public static readonly Histogram<double> CallDuration =
        Meter.CreateHistogram<double>(
            "gatehouse.call.duration", "s", "How long functions take.",
            advice: Buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5, 10, 30, 60, 300, 1800));

    /// <summary>Wrong credentials.</summary>
    public static readonly Counter<long> CredentialsRefused =
        Meter.CreateCounter<long>("gatehouse.credentials.refused", "{request}", "Requests with a wrong credential.");

    /// <summary>Messages that were counted.</summary>
    public static readonly Counter<long> EventsCounted =
        Meter.CreateCounter<long>("gatehouse.events.counted", "{event}", "Events that were counted.");

    /// <summary>Messages that had been counted before.</summary>
    public static readonly Counter<long> EventsDuplicate =
        Meter.CreateCounter<long>("gatehouse.events.duplicates", "{event}", "Events that had been counted before.");

    /// <summary>Rows that could not be read, and were left out of a list.</summary>
    public static readonly Counter<long> RowsUnreadable =
        Meter.CreateCounter<long>("gatehouse.store.unreadable_rows", "{row}", "Rows that could not be read, and were left out of a list.");

    /// <summary>Webhooks about messages that are too old to be counted.</summary>
    public static readonly Counter<long> WebhooksTooOld =
        Meter.CreateCounter<long>("gatehouse.webhooks.too_old", "{webhook}", "Webhooks about messages that are too old to be counted.");

    /// <summary>Commits that shared one transaction.</summary>
    public static readonly Histogram<int> GroupSize =
        Meter.CreateHistogram<int>(
            "gatehouse.store.group_size", "{commit}", "Commits that shared one transaction.",
            advice: Buckets(1, 2, 4, 8, 16, 32, 64, 128));

    /// <summary>The secondary tokens of an application, of ten, each time the platform lists them.</summary>
    public static readonly Histogram<int> SlotsUsed =
        Meter.CreateHistogram<int>(
            "gatehouse.token_slots.used", "{slot}", "Secondary tokens of an application, of ten, as listed.",
            advice: Buckets(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));

    /// <summary>The tokens of all leases, over all applications, as of the last sync.</summary>
    public static readonly Gauge<long> TokensLive =
        Meter.CreateGauge<long>("gatehouse.tokens.live", "{token}", "Tokens that leases stand for, as of the last adoption.");

    /// <summary>
    /// The whole days until a push certificate expires, for each at each daily check; below 0 when it has.
    /// </summary>
    public static readonly Histogram<int> PushCredentialDaysLeft =
        Meter.CreateHistogram<int>(
            "gatehouse.push_credential.days_left", "d", "Days until a push certificate ends, of each at each check.",
            advice: Buckets(0, 1, 7, 14, 30, 60, 90, 180, 365));

    /// <summary>Retries of requests to the hosted platform.</summary>
    public static readonly Counter<long> UpstreamRetries =
        Meter.CreateCounter<long>("gatehouse.upstream.retries", "{try}", "Tries of the hosted platform after the first of a call.");

    /// <summary>
    /// Whether the circuit to a host of the hosted platform, <c>server.address</c>, is open (1) or closed (0), when that
    /// changes.
    /// </summary>
    public static readonly Gauge<int> UpstreamBreaker =
        Meter.CreateGauge<int>("gatehouse.upstream.breaker_state", null, "Whether the circuit breaker of a host of the hosted platform is open.");

    /// <summary>
    /// How many days behind the application is that is furthest behind, as of the last run of the archive.
    /// </summary>
    public static readonly Gauge<int> ArchiveLag =
        Meter.CreateGauge<int>("gatehouse.archive.lag", "d", "Days by which the archive of an application is behind, at the most.");

    /// <summary>Records a call or a run in <see cref="CallDuration"/>.</summary>
    /// <param name="began">When it began, as <see cref="Stopwatch"/> counts.</param>
    /// <param name="operation">The name of the function or the job.</param>
    /// <param name="outcome">How it ended.</param>
    public static void RecordCall(long began, string operation, string outcome) => CallDuration.Record(
        Stopwatch.GetElapsedTime(began).TotalSeconds, new("operation", operation), new("outcome", outcome));

    // The limits of a histogram's buckets. OpenTelemetry's own are for milliseconds.
    private static InstrumentAdvice<T> Buckets<T>(params T[] limits) where T : struct => new() { HistogramBucketBoundaries = limits };
}
