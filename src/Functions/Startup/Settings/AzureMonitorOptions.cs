using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Application Insights, which gets the telemetry: <c>AzureMonitor__...</c>.</summary>
/// <remarks>
/// Not <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>: a Functions host reads that one too, and sends records of its own for every
/// request, with the path. Paths can contain API tokens.
/// </remarks>
internal sealed class AzureMonitorOptions
{
    private const string Key = "InstrumentationKey=";

    /// <summary>The connection string of an Application Insights resource.</summary>
    public string? ConnectionString { get; set; }

    /// <summary><c>true</c> signs in with the machine's identity. The resource can then refuse all who do not.</summary>
    public string? UseIdentity { get; set; }

    /// <summary>Whether the connection string has the form of one.</summary>
    internal bool IsConnectionString => ConnectionString!.Split(';').Any(part =>
        part.TrimStart().StartsWith(Key, StringComparison.OrdinalIgnoreCase) && Guid.TryParse(part.Trim()[Key.Length..], out _));
}

/// <summary>Validates <see cref="AzureMonitorOptions"/>.</summary>
internal sealed class AzureMonitorOptionsValidator : IValidateOptions<AzureMonitorOptions>
{
    public ValidateOptionsResult Validate(string? name, AzureMonitorOptions options) => SettingRules.Result(options switch
    {
        { UseIdentity: not (null or "true" or "false") } => "AzureMonitor__UseIdentity must be true or false.",
        { ConnectionString: null, UseIdentity: not null } =>
            "AzureMonitor__UseIdentity is for AzureMonitor__ConnectionString, which is not set.",
        { ConnectionString: null } => null,
        { IsConnectionString: false } =>
            "AzureMonitor__ConnectionString must be the connection string of an Application Insights resource: InstrumentationKey=...",
        _ => null,
    });
}
