using System.Net;
using Gatehouse.Access;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Hosting;

/// <summary>What an operator can set. Read and judged once, at start: a wrong setting stops it.</summary>
/// <param name="StoragePath"><c>Storage__Path</c>: the data folder, as a full path. Default <c>.gatehouse</c>.</param>
/// <param name="Organization"><c>Organization__User</c> and <c>Organization__Password</c>; null where they are made at first
/// start and kept in the vault.</param>
/// <param name="OpsLocalKey"><c>Ops__LocalKey</c>: the key of the local caller of <c>/ops/v1</c>; null where it is made at
/// first start and kept in the vault.</param>
internal sealed record Settings(string StoragePath, OrganizationSettings? Organization, string? OpsLocalKey)
{
    public const string DefaultStoragePath = ".gatehouse";

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Storage"] = ["Path"],
        ["Organization"] = ["User", "Password"],
        ["Ops"] = ["LocalKey"],
    };

    /// <summary>
    /// What is in force where an operator sets nothing else: the schedules of the timers, which the host reads by their names.
    /// A Functions host reads them from the app's settings, so there they must be set.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string?> Schedules = new Dictionary<string, string?>
    {
        ["PurgeSchedule"] = "0 40 3 * * *",
    };

    /// <summary>The names of all settings, as an environment variable writes them.</summary>
    public static IEnumerable<string> Names =>
        [.. Known.SelectMany(section => section.Value.Select(name => $"{section.Key}__{name}")), .. Schedules.Keys];

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">One of them is wrong.</exception>
    public static Settings Read(IConfiguration configuration)
    {
        RefuseUnknown(configuration);
        var settings = new Settings(
            DataFolder(configuration["Storage:Path"] ?? DefaultStoragePath), OrganizationSettings.Read(configuration),
            LocalKey(configuration["Ops:LocalKey"]));
        RefuseOpenDoor(configuration["Urls"], settings);
        return settings;
    }

    // A record's own text would show the key and the password.
    public override string ToString() => StoragePath;

    private static string? LocalKey(string? key) =>
        key is null || key.Length >= OpsCallers.ShortestKey
            ? key
            : throw new SettingException($"Ops__LocalKey must have at least {OpsCallers.ShortestKey} characters.");

    // A misspelt setting would otherwise leave the default in force, unseen.
    private static void RefuseUnknown(IConfiguration configuration)
    {
        foreach (var (section, names) in Known)
        {
            foreach (var child in configuration.GetSection(section).GetChildren())
            {
                if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                {
                    throw new SettingException(
                        $"{section}__{child.Key} is not a setting; "
                        + $"under {section} there is {string.Join(" and ", names.Select(name => $"{section}__{name}"))}.");
                }
            }
        }
    }

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

    private static void RefuseOpenDoor(string? urls, Settings settings)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var host = HostOf(url)
                ?? throw new SettingException($"Urls must hold addresses such as http://127.0.0.1:7071, not '{url}'.");
            if (settings.Organization is null && !IsLoopback(host))
            {
                throw new SettingException(
                    $"Urls holds {url}, which others can reach: set Organization__User and Organization__Password first.");
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
            ({ } user, { } password) => new OrganizationSettings(user, password),
        };

    // A record's own text would show the password.
    public override string ToString() => User;
}

/// <summary>A setting is wrong; the message names it and says what it may be.</summary>
internal sealed class SettingException(string message) : Exception(message);
