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

    /// <summary>Whether the connection string has the form of one: parts <c>Name=value</c> with a <c>;</c> between two.</summary>
    internal bool IsConnectionString => Parts.All(part => part.IndexOf('=', StringComparison.Ordinal) > 0) && Parts.Any(part =>
        part.StartsWith(Key, StringComparison.OrdinalIgnoreCase) && Guid.TryParse(part[Key.Length..], out _));

    /// <summary>The name of an endpoint in the connection string that is not an address; null for none.</summary>
    internal string? WrongEndpoint => Parts.Select(part => part.Split('=', 2))
        .FirstOrDefault(part => part[0].EndsWith("Endpoint", StringComparison.OrdinalIgnoreCase) && !SettingRules.IsWebAddress(part[1]))?[0];

    private string[] Parts => ConnectionString!.Trim().TrimEnd(';').Split(';', StringSplitOptions.TrimEntries);
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
            "AzureMonitor__ConnectionString must be the connection string of an Application Insights resource: InstrumentationKey=...;IngestionEndpoint=https://...",
        { WrongEndpoint: { } endpoint } => $"AzureMonitor__ConnectionString: {endpoint} must be an address such as https://name.in.applicationinsights.azure.com/.",
        _ => null,
    });
}
