using System.Net;
using Gatehouse.Alerts;
using Gatehouse.Functions.Observability;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>What an operator can set. Read and judged once, at start: a wrong setting stops it.</summary>
/// <param name="StoragePath"><c>Storage__Path</c>: the data folder, as a full path. Default <c>.gatehouse</c>.</param>
/// <param name="Storage">Where the tables are kept.</param>
/// <param name="Organization"><c>Organization__User</c> and <c>Organization__Password</c>; null where they are made at first
/// start and kept in the vault.</param>
/// <param name="Callers">Who may call <c>/ops/v1</c>.</param>
/// <param name="KeyVault"><c>KeyVault__Uri</c>: the Key Vault that secrets live in; null for the local vault.</param>
/// <param name="Alerts">Who is told of alerts.</param>
/// <param name="Platform"><c>Platform__...</c>: the hosted platform; null where the platform is in this process.</param>
/// <param name="IsBehindHost">Whether a Functions host has started this process and serves others through it. It tells a
/// worker where the app is, without which the worker answers no request.</param>
internal sealed record GatehouseSettings(
    string StoragePath, StorageSettings Storage, OrganizationSettings? Organization, CallerSettings Callers, Uri? KeyVault,
    AlertSettings Alerts, HostedSettings? Platform, bool IsBehindHost)
{
    public const string DefaultStoragePath = ".gatehouse";

    // Not a setting of an operator's: the Functions host's.
    private const string ApplicationDirectory = "FUNCTIONS_APPLICATION_DIRECTORY";

    // Likewise App Service's, which nothing else sets.
    private const string AzureInstance = "WEBSITE_INSTANCE_ID";

    // N and M stand for the place in a list: 0, 1, 2...
    private static readonly string[] Known =
    [
        "Storage__Path", .. StorageSettings.Names, "Organization__User", "Organization__Password", "KeyVault__Uri",
        TelemetryExport.Endpoint, .. CallerSettings.Names, .. AlertSettingsReading.Names, .. PlatformSettings.Names,
    ];

    /// <summary>
    /// What is in force where an operator sets nothing else: the schedules of the timers, which the host reads by their names.
    /// A Functions host reads them from the app's settings, so there they must be set.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string?> Schedules = new Dictionary<string, string?>
    {
        ["PurgeSchedule"] = "0 40 3 * * *",
        ["RotateSchedule"] = "0 * * * * *",
        ["AdoptSchedule"] = "0 10 * * * *",
        ["AlertsSchedule"] = "15 * * * * *",
        ["PurgeCallsSchedule"] = "30 5/10 * * * *",
        ["PushCheckSchedule"] = "0 0 6 * * *",
        ["ArchiveSchedule"] = "0 20 1 * * *",
        ["BackfillSchedule"] = "30 * * * * *",
    };

    /// <summary>The names of all settings, as an environment variable writes them.</summary>
    public static IEnumerable<string> Names => [.. Known, .. Schedules.Keys];

    /// <summary>Whether anything at all is kept in the data folder.</summary>
    public bool NeedsDataFolder => !Storage.IsAzure || KeyVault is null;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">One of them is wrong.</exception>
    public static GatehouseSettings Read(IConfiguration configuration)
    {
        RefuseUnknown(configuration);
        var settings = new GatehouseSettings(
            DataFolder(configuration["Storage:Path"] ?? DefaultStoragePath), StorageSettings.Read(configuration),
            OrganizationSettings.Read(configuration), CallerSettings.Read(configuration),
            KeyVaultUri(configuration["KeyVault:Uri"]), AlertSettingsReading.Read(configuration),
            PlatformSettings.Read(configuration), IsUnderHost(configuration));
        RefuseMadeCredentials(settings);
        if (configuration[AzureInstance] is not null && settings.NeedsDataFolder)
        {
            throw new SettingException(
                "Storage__Provider must be AzureTables and KeyVault__Uri be set in Azure: an instance's disk goes with the instance.");
        }
        RefuseOpenDoor(configuration["Urls"], settings);
        return settings;
    }

    // Whether a Functions host has started this process: only that tells a worker where the app is.
    private static bool IsUnderHost(IConfiguration configuration) => configuration[ApplicationDirectory] is { Length: > 0 };

    /// <summary>The schedules that a Functions host does not find, read before the defaults are added; else none.</summary>
    public static IReadOnlyList<string> UnsetSchedules(IConfiguration configuration) =>
        IsUnderHost(configuration) ? [.. Schedules.Keys.Where(name => configuration[name] is null)] : [];

    // A record's own text would show the key and the password.
    public override string ToString() => StoragePath;

    // A misspelt setting would otherwise leave the default in force, unseen.
    private static void RefuseUnknown(IConfiguration configuration)
    {
        foreach (var section in Known.GroupBy(name => name.Split("__")[0], StringComparer.OrdinalIgnoreCase))
        {
            foreach (var (path, value) in configuration.GetSection(section.Key).AsEnumerable())
            {
                var segments = path.Split(':');
                if (value is null || segments.Length == 1 || section.Any(name => Fits(name.Split("__"), segments))) continue;
                throw new SettingException(
                    $"{string.Join("__", segments)} is not a setting; under {section.Key} there is {string.Join(" and ", section)}.");
            }
        }
    }

    private static bool Fits(string[] name, string[] path) =>
        name.Length == path.Length && name.Zip(path).All(pair => pair.First is "N" or "M"
            ? pair.Second.All(char.IsAsciiDigit)
            : pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));

    private static Uri? KeyVaultUri(string? text) => text is null ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.PathAndQuery == "/" ? uri
        : throw new SettingException("KeyVault__Uri must be a vault's address such as https://name.vault.azure.net.");

    private static string DataFolder(string path)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (ArgumentException)
        {
            throw new SettingException("Storage__Path must be the path of a folder.");
        }
    }

    // What is made at first start is for whoever sits at the machine. A Functions host is open to others, and writes what a
    // worker prints into the app's logs.
    private static void RefuseMadeCredentials(GatehouseSettings settings)
    {
        if (!settings.IsBehindHost) return;
        if (settings.Platform is null && settings.Organization is null)
            throw new SettingException("Organization__User and Organization__Password must be set in a Functions host.");
        if (settings.Callers.AreNone)
            throw new SettingException("Entra__..., Ops__Callers__... or Ops__LocalKey must be set in a Functions host.");
    }

    private static void RefuseOpenDoor(string? urls, GatehouseSettings settings)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var host = HostOf(url)
                ?? throw new SettingException($"Urls must hold addresses such as http://127.0.0.1:7071, not '{url}'.");
            if (IsLoopback(host)) continue;
            // What is made at first start is for whoever sits at the machine: the organization's credentials, or, where the
            // platform is elsewhere, the local key alone.
            if (settings.Platform is null ? settings.Organization is null : settings.Callers.AreNone)
            {
                throw new SettingException(
                    $"Urls holds {url}, which others can reach: set {(settings.Platform is null
                        ? "Organization__User and Organization__Password" : "Entra__..., Ops__Callers__... or Ops__LocalKey")} first.");
            }
        }
    }

    // Kestrel's addresses are not all URIs: http://*:80 and http://+:80 mean every address.
    private static string? HostOf(string url)
    {
        var separator = url.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0 || url[..separator].ToLowerInvariant() is not ("http" or "https")) return null;
        var authority = url[(separator + 3)..].TrimEnd('/');
        if (authority.StartsWith('*') || authority.StartsWith('+')) return "*";
        return Uri.TryCreate($"http://{authority}", UriKind.Absolute, out var uri) && uri.PathAndQuery == "/" ? uri.DnsSafeHost : null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>The organization's credentials as an operator configures them.</summary>
/// <param name="User"><c>Organization__User</c>.</param>
/// <param name="Password"><c>Organization__Password</c>.</param>
internal sealed record OrganizationSettings(string User, string Password)
{
    public static OrganizationSettings? Read(IConfiguration configuration) =>
        (configuration["Organization:User"], configuration["Organization:Password"]) switch
        {
            (null, null) => null,
            (null, _) or (_, null) =>
                throw new SettingException("Organization__User and Organization__Password are set together or not at all."),
            ("", _) => throw new SettingException("Organization__User must not be empty."),
            ({ } user, _) when user.Contains(':') => throw new SettingException("Organization__User must not hold a colon."),
            (_, "") => throw new SettingException("Organization__Password must not be empty."),
            // What App Service leaves there in the secret's place is no secret.
            (_, { } password) when password.StartsWith("@Microsoft.KeyVault(", StringComparison.OrdinalIgnoreCase) =>
                throw new SettingException("Organization__Password refers to a secret that is not in the Key Vault, or may not be read."),
            ({ } user, { } password) => new OrganizationSettings(user, password),
        };

    // A record's own text would show the password.
    public override string ToString() => User;
}

/// <summary>A setting is wrong; the message names it and says what it may be.</summary>
internal sealed class SettingException(string message) : Exception(message);
