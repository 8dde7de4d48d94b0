using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where telemetry goes.</summary>
/// <param name="Traces"><c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>: where spans are sent by OTLP; null if it is not set.</param>
/// <param name="Metrics"><c>OTEL_EXPORTER_OTLP_METRICS_ENDPOINT</c>: the same for measures.</param>
/// <param name="Logs"><c>OTEL_EXPORTER_OTLP_LOGS_ENDPOINT</c>: the same for logs.</param>
/// <param name="HasEndpoint">Whether <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set: the default for those of the three above that are not set.</param>
/// <param name="ConnectionString"><c>AzureMonitor__ConnectionString</c>: that of Application Insights; null without.</param>
/// <param name="UsesIdentity"><c>AzureMonitor__UseIdentity</c>: whether the machine's identity signs in there.</param>
/// <param name="ServesPrometheus"><c>Telemetry__Prometheus</c>: whether the server serves the measures.</param>
/// <param name="HostReceivers">The settings under which a Functions host sends records of its own, which contain paths.</param>
/// <param name="IsBehindHost">Whether a Functions host started this process.</param>
internal sealed record TelemetrySettings(
    Uri? Traces, Uri? Metrics, Uri? Logs, bool HasEndpoint, string? ConnectionString, bool UsesIdentity, bool ServesPrometheus,
    IReadOnlyList<string> HostReceivers, bool IsBehindHost)
{
    /// <summary>The OTLP address for all kinds of telemetry. A Functions host reads it too.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string LogsEndpoint = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

    /// <summary>The names of OpenTelemetry's settings that are read here.</summary>
    public static IReadOnlyList<string> Names { get; } = [Endpoint, TracesEndpoint, MetricsEndpoint, LogsEndpoint];

    /// <summary>Whether spans are sent by OTLP.</summary>
    public bool SendsTraces => HasEndpoint || Traces is not null;

    /// <summary>Whether measures are sent by OTLP.</summary>
    public bool SendsMetrics => HasEndpoint || Metrics is not null;

    /// <summary>Whether logs are sent by OTLP.</summary>
    public bool SendsLogs => HasEndpoint || Logs is not null;

    /// <summary>Whether anything is sent by OTLP.</summary>
    public bool UsesOtlp => SendsTraces || SendsMetrics || SendsLogs;

    /// <summary>Whether spans are sent to anyone. Only then are they worth their cost.</summary>
    public bool HasSpans => SendsTraces || ConnectionString is not null;

    /// <summary>Whether there is anyone who gets telemetry.</summary>
    public bool IsOn => UsesOtlp || ConnectionString is not null || ServesPrometheus;

    /// <summary>Reads them. The options must be valid.</summary>
    /// <exception cref="SettingException">A value cannot be used, or a Functions host has no server to serve measures.</exception>
    public static TelemetrySettings Read(GatehouseOptions options, IConfiguration configuration, bool isBehindHost)
    {
        if (isBehindHost && options.Telemetry.Prometheus == "true")
            throw new SettingException("Telemetry__Prometheus is for the server. Under a Functions host, send measures by OTLP.");
        var settings = new TelemetrySettings(
            Address(configuration, TracesEndpoint), Address(configuration, MetricsEndpoint), Address(configuration, LogsEndpoint),
            Address(configuration, Endpoint) is not null, options.AzureMonitor.ConnectionString, options.AzureMonitor.UseIdentity == "true",
            options.Telemetry.Prometheus == "true", FindHostReceivers(configuration, isBehindHost), isBehindHost);
        if (settings.IsOn) OpenTelemetryRules.Require(configuration, settings.UsesOtlp);
        return settings;
    }

    // The generated text would contain the connection string.
    public override string ToString() => nameof(TelemetrySettings);

    private static Uri? Address(IConfiguration configuration, string name)
    {
        if (configuration[name] is not { Length: > 0 } text) return null;
        return SettingRules.IsWebAddress(text)
            ? new Uri(text)
            : throw new SettingException($"{name} must be an address such as http://127.0.0.1:4317.");
    }

    private static IReadOnlyList<string> FindHostReceivers(IConfiguration configuration, bool isBehindHost) => isBehindHost
        ? [.. new[] { "APPLICATIONINSIGHTS_CONNECTION_STRING", Endpoint }.Where(name => configuration[name] is { Length: > 0 })]
        : [];
}
