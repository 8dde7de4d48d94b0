using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// Checks OpenTelemetry's own settings. OpenTelemetry ignores most of the values that it cannot use, and stops at others without the
/// setting's name.
/// </summary>
internal static class OpenTelemetryRules
{
    private const string Otlp = "OTEL_EXPORTER_OTLP_";

    // A setting for all kinds of telemetry, and one for each kind.
    private static readonly string[] Kinds = ["", "TRACES_", "METRICS_", "LOGS_"];
    private static readonly string[] Protocols = ["grpc", "http/protobuf"];
    private static readonly string[] Compressions = ["gzip", "none"];
    private static readonly string[] Temporalities = ["cumulative", "delta", "lowmemory"];
    private static readonly string[] Files = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"];

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly string[] Numbers =
    [
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
        .. from batch in (string[])["OTEL_BSP_", "OTEL_BLRP_"]
           from number in (string[])["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"]
           select batch + number,
    ];

    /// <summary>Requires that OpenTelemetry can use them. Call it only if telemetry is on: they can be meant for other programs.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="usesOtlp">Whether anything is sent by OTLP.</param>
    /// <exception cref="SettingException">It cannot.</exception>
    public static void Require(IConfiguration configuration, bool usesOtlp)
    {
        foreach (var number in Numbers) RequireNumber(configuration, number);
        if (!usesOtlp) return;
        foreach (var kind in Kinds)
        {
            RequireNumber(configuration, $"{Otlp}{kind}TIMEOUT");
            Require(configuration, $"{Otlp}{kind}PROTOCOL", Protocols.Contains, "must be grpc or http/protobuf.");
            // The value can be a secret, and is not repeated.
            Require(configuration, $"{Otlp}{kind}HEADERS", IsHeaders, "must be headers as name=value, with a comma between two.");
            Require(configuration, $"{Otlp}{kind}COMPRESSION", Compressions.Contains, "must be gzip or none.");
        }
        Require(
            configuration, $"{Otlp}METRICS_TEMPORALITY_PREFERENCE",
            value => Temporalities.Contains(value, StringComparer.OrdinalIgnoreCase), "must be cumulative, delta or lowmemory.");
        foreach (var file in Files) Require(configuration, Otlp + file, File.Exists, "must be an existing file.");
    }

    private static void RequireNumber(IConfiguration configuration, string name) =>
        Require(configuration, name, IsNumber, "must be a whole number from 1 on.");

    private static void Require(IConfiguration configuration, string name, Predicate<string> isValid, string rule)
    {
        if (configuration[name] is { Length: > 0 } value && !isValid(value)) throw new SettingException($"{name} {rule}");
    }

    private static bool IsHeaders(string value) => (value.EndsWith(',') ? value[..^1] : value).Split(',').All(header =>
        Uri.UnescapeDataString(header).Split('=', 2) is [var name, var text]
        && name.Trim() is { Length: > 0 } token && !token.AsSpan().ContainsAnyExcept(TokenCharacters)
        // A header of the content is set by OpenTelemetry itself.
        && !token.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !text.Any(char.IsControl));

    private static bool IsNumber(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
}
