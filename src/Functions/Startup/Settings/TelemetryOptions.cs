using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Telemetry that others fetch: <c>Telemetry__...</c>.</summary>
internal sealed class TelemetryOptions
{
    /// <summary><c>true</c> serves the measures at <c>/metrics</c>, in Prometheus's format. On the server only.</summary>
    public string? Prometheus { get; set; }
}

/// <summary>Validates <see cref="TelemetryOptions"/>.</summary>
internal sealed class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options) => SettingRules.Result(
        options.Prometheus is null or "true" or "false" ? null : "Telemetry__Prometheus must be true or false.");
}
