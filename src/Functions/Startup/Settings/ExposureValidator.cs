using System.Net;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// Refuses to serve others with credentials that are created at first start, and to keep data on a disk that Azure deletes.
/// </summary>
/// <remarks>
/// Created credentials are printed for the person at the machine. Others reach a Functions host, and it writes what a worker
/// prints into the app's logs.
/// </remarks>
internal sealed class ExposureValidator(EnvironmentOptions environment) : IValidateOptions<GatehouseSettings>
{
    private const string OrganizationNames = "Organization__User and Organization__Password";
    private const int ShortestPassword = 12;
    private const string CallerNames = "Entra__..., Ops__Callers__... or Ops__LocalKey";

    public ValidateOptionsResult Validate(string? name, GatehouseSettings options) =>
        SettingRules.Result(HostFault(options) ?? DiskFault(options) ?? UrlsFault(options));

    private static string? HostFault(GatehouseSettings settings) => settings switch
    {
        { IsBehindHost: false } => null,
        { Platform: null, Organization: null } => $"{OrganizationNames} must be set in a Functions host.",
        { Callers.AreNone: true } => $"{CallerNames} must be set in a Functions host.",
        _ => PasswordFault(settings),
    };

    // Where others can reach it, a password can be guessed.
    private static string? PasswordFault(GatehouseSettings settings) => settings.Organization is { Password.Length: < ShortestPassword }
        ? $"Organization__Password must have at least {ShortestPassword} characters where others can reach the server."
        : null;

    private string? DiskFault(GatehouseSettings settings) => environment.AzureInstance is not null && settings.NeedsDataFolder
        ? "Storage__Provider must be AzureTables and KeyVault__Uri be set in Azure: an instance's disk goes with the instance."
        : null;

    private string? UrlsFault(GatehouseSettings settings)
    {
        // Both would be created and printed: the organization's credentials, unless the platform is hosted, and the local key.
        string[] missing =
        [
            .. settings.Platform is null && settings.Organization is null ? [OrganizationNames] : Array.Empty<string>(),
            .. settings.Callers.AreNone ? [CallerNames] : Array.Empty<string>(),
        ];
        foreach (var url in (environment.Urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (HostOf(url) is not { } host) return $"Urls must hold addresses such as http://127.0.0.1:7071, not '{url}'.";
            if (IsLoopback(host)) continue;
            if (missing.Length > 0) return $"Urls holds {url}, which others can reach: set {string.Join(", and ", missing)} first.";
            if (PasswordFault(settings) is { } fault) return fault;
        }
        return null;
    }

    // Not all of Kestrel's addresses are URIs: http://*:80 and http://+:80 mean every address.
    private static string? HostOf(string url)
    {
        var separator = url.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0 || url[..separator].ToLowerInvariant() is not ("http" or "https")) return null;
        var authority = url[(separator + 3)..].TrimEnd('/');
        if (authority.StartsWith('*') || authority.StartsWith('+')) return "*";
        return Uri.TryCreate($"http://{authority}", UriKind.Absolute, out var uri) && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            ? uri.DnsSafeHost : null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
