using System.Globalization;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where the platform is, as an operator configures it: in this process, or hosted.</summary>
internal static class PlatformSettings
{
    private const string ModeName = "Platform__Mode";
    private const string DefaultApplicationUrl = "https://api-{application_id}.sendbird.com/v3";
    private const string DefaultGateUrl = "https://gate.sendbird.com/api/v2";
    private const string DefaultBasicUrl = "https://{region_identifier}.sendbird.com/v3";
    private const int MostConcurrency = 1024;
    private const double MostSeconds = 60;
    private const double LeastSeconds = 0.05;

    /// <summary>The names of these settings.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        ModeName, "Platform__ApplicationUrl", "Platform__OrganizationDialect", "Platform__OrganizationUrl", "Platform__Region",
        "Platform__RegionKey", "Platform__CallSeconds", "Platform__TrySeconds", "Platform__Concurrency",
    ];

    /// <summary>Reads the settings; null where the platform is in this process.</summary>
    /// <exception cref="SettingException">One of them is wrong, or is of the other mode.</exception>
    public static HostedSettings? Read(IConfiguration configuration)
    {
        switch (configuration["Platform:Mode"]?.ToUpperInvariant())
        {
            case null or "EMBEDDED":
                if (Names.FirstOrDefault(name => name != ModeName && Value(configuration, name) is not null) is { } idle)
                    throw new SettingException($"{idle} is for the hosted platform: set {ModeName} to Hosted, or leave it out.");
                return null;
            case "HOSTED":
                if (configuration["Organization:User"] is not null || configuration["Organization:Password"] is not null)
                {
                    throw new SettingException(
                        "Organization__User and Organization__Password are for the embedded platform: the hosted one's are secrets in the vault.");
                }
                return ReadHosted(configuration);
            default:
                throw new SettingException($"{ModeName} must be Embedded or Hosted.");
        }
    }

    private static HostedSettings ReadHosted(IConfiguration configuration)
    {
        var dialect = configuration["Platform:OrganizationDialect"]?.ToUpperInvariant() switch
        {
            null or "GATE" => OrganizationDialect.Gate,
            "BASIC" => OrganizationDialect.Basic,
            _ => throw new SettingException("Platform__OrganizationDialect must be Gate or Basic."),
        };
        var region = configuration["Platform:Region"];
        if (region is not null && !IsLabel(region)) throw new SettingException("Platform__Region must be letters, digits and hyphens, such as us-1.");
        var patience = HostedTimeouts.Default with
        {
            Call = Seconds(configuration, "Platform__CallSeconds", HostedTimeouts.Default.Call),
            Try = Seconds(configuration, "Platform__TrySeconds", HostedTimeouts.Default.Try),
        };
        if (patience.Try > patience.Call) throw new SettingException("Platform__TrySeconds must not be more than Platform__CallSeconds.");
        return new HostedSettings(
            Template(configuration, "Platform__ApplicationUrl", DefaultApplicationUrl, region),
            dialect,
            OrganizationTemplate(configuration, dialect == OrganizationDialect.Gate ? DefaultGateUrl : DefaultBasicUrl, region),
            configuration["Platform:RegionKey"] is { Length: > 0 } key ? key : null,
            patience,
            Concurrency(configuration));
    }

    private static UrlTemplate OrganizationTemplate(IConfiguration configuration, string unlessSet, string? region)
    {
        var template = Template(configuration, "Platform__OrganizationUrl", unlessSet, region);
        return template.NamesApplication
            ? throw new SettingException($"Platform__OrganizationUrl must not hold {UrlTemplate.ApplicationPlaceholder}.")
            : template;
    }

    private static UrlTemplate Template(IConfiguration configuration, string name, string unlessSet, string? region)
    {
        var text = Value(configuration, name) ?? unlessSet;
        if (region is null && text.Contains(UrlTemplate.RegionPlaceholder, StringComparison.Ordinal))
            throw new SettingException($"Platform__Region must be set, as {name} holds {UrlTemplate.RegionPlaceholder}.");
        return UrlTemplate.TryParse(text, region) ?? throw new SettingException(
            $"{name} must be an address such as {unlessSet}, with https unless it is on this machine.");
    }

    private static TimeSpan Seconds(IConfiguration configuration, string name, TimeSpan unlessSet) => Value(configuration, name) switch
    {
        null => unlessSet,
        var text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= LeastSeconds and <= MostSeconds => TimeSpan.FromSeconds(seconds),
        _ => throw new SettingException(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number of seconds from {LeastSeconds} to {MostSeconds}.")),
    };

    private static int Concurrency(IConfiguration configuration) => configuration["Platform:Concurrency"] switch
    {
        null => HostedSettings.DefaultConcurrency,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= MostConcurrency => number,
        _ => throw new SettingException($"Platform__Concurrency must be a number from 1 to {MostConcurrency}."),
    };

    private static string? Value(IConfiguration configuration, string name) =>
        configuration[name.Replace("__", ":", StringComparison.Ordinal)];

    private static bool IsLabel(string text) =>
        text.Length is >= 1 and <= 63 && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '-');
}
