using System.Globalization;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Options;
using Dialect = Gatehouse.Platform.Hosted.OrganizationDialect;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where the platform is: <c>Platform__...</c>. It runs in this process unless the mode is hosted.</summary>
internal sealed class PlatformOptions
{
    public const string Embedded = nameof(Embedded);
    public const string Hosted = nameof(Hosted);
    public const string DefaultApplicationUrl = "https://api-{application_id}.sendbird.com/v3";
    private const string DefaultGateUrl = "https://gate.sendbird.com/api/v2";
    private const string DefaultBasicUrl = "https://{region_identifier}.sendbird.com/v3";

    /// <summary><see cref="Embedded"/>, the default, or <see cref="Hosted"/>. The others are for the hosted platform.</summary>
    public string? Mode { get; set; }

    /// <summary>The base URL of an application.</summary>
    public string? ApplicationUrl { get; set; }

    /// <summary>The API that applications are created and listed with, by the name of a <see cref="Dialect"/>.</summary>
    public string? OrganizationDialect { get; set; }

    /// <summary>The base URL of that API.</summary>
    public string? OrganizationUrl { get; set; }

    /// <summary>Replaces <see cref="UrlTemplate.RegionPlaceholder"/> in both URLs.</summary>
    public string? Region { get; set; }

    /// <summary>The region that the organization API creates applications in.</summary>
    public string? RegionKey { get; set; }

    /// <summary>The longest time for one call, in seconds.</summary>
    public string? CallSeconds { get; set; }

    /// <summary>The longest time for one attempt, in seconds.</summary>
    public string? TrySeconds { get; set; }

    /// <summary>The most concurrent requests.</summary>
    public string? Concurrency { get; set; }

    internal bool IsHosted => Hosted.Equals(Mode, StringComparison.OrdinalIgnoreCase);

    internal Dialect? ParsedDialect => OrganizationDialect?.ToUpperInvariant() switch
    {
        null or "GATE" => Dialect.Gate,
        "BASIC" => Dialect.Basic,
        _ => null,
    };

    internal string DefaultOrganizationUrl => ParsedDialect == Dialect.Basic ? DefaultBasicUrl : DefaultGateUrl;

    internal double? ParsedCall => Seconds(CallSeconds, HostedTimeouts.Default.Call);

    internal double? ParsedTry => Seconds(TrySeconds, HostedTimeouts.Default.Try);

    internal int? ParsedConcurrency => Concurrency is null ? HostedSettings.DefaultConcurrency
        : int.TryParse(Concurrency, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The settings of the hosted platform; null for the embedded one. The options must be valid.</summary>
    internal HostedSettings? ToSettings() => !IsHosted ? null : new HostedSettings(
        UrlTemplate.TryParse(ApplicationUrl ?? DefaultApplicationUrl, Region)!,
        ParsedDialect!.Value,
        UrlTemplate.TryParse(OrganizationUrl ?? DefaultOrganizationUrl, Region)!,
        RegionKey is { Length: > 0 } ? RegionKey : null,
        HostedTimeouts.Default with { Call = TimeSpan.FromSeconds(ParsedCall!.Value), Try = TimeSpan.FromSeconds(ParsedTry!.Value) },
        ParsedConcurrency!.Value);

    private static double? Seconds(string? text, TimeSpan unlessSet) => text is null ? unlessSet.TotalSeconds
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}

/// <summary>Validates <see cref="PlatformOptions"/>.</summary>
internal sealed class PlatformOptionsValidator : IValidateOptions<PlatformOptions>
{
    private const int MostConcurrency = 1024;
    private const double MostSeconds = 60;
    private const double LeastSeconds = 0.05;

    public ValidateOptionsResult Validate(string? name, PlatformOptions options) => SettingRules.Result(
        options.IsHosted ? HostedFault(options)
        : options.Mode is null || options.Mode.Equals(PlatformOptions.Embedded, StringComparison.OrdinalIgnoreCase) ? EmbeddedFault(options)
        : "Platform__Mode must be Embedded or Hosted.");

    private static string? EmbeddedFault(PlatformOptions options) =>
        typeof(PlatformOptions).GetProperties()
            .FirstOrDefault(property => property.Name != nameof(PlatformOptions.Mode) && property.GetValue(options) is not null) is { } unused
            ? $"Platform__{unused.Name} is for the hosted platform: set Platform__Mode to Hosted, or leave it out."
            : null;

    private static string? HostedFault(PlatformOptions options)
    {
        if (options.ParsedDialect is null) return "Platform__OrganizationDialect must be Gate or Basic.";
        if (options.Region is { } region && !IsLabel(region)) return "Platform__Region must be letters, digits and hyphens, such as us-1.";
        return SecondsFault("Platform__CallSeconds", options.ParsedCall)
            ?? SecondsFault("Platform__TrySeconds", options.ParsedTry)
            ?? (options.ParsedTry > options.ParsedCall ? "Platform__TrySeconds must not be more than Platform__CallSeconds." : null)
            ?? UrlFault("Platform__ApplicationUrl", options.ApplicationUrl, PlatformOptions.DefaultApplicationUrl, options.Region)
            ?? UrlFault("Platform__OrganizationUrl", options.OrganizationUrl, options.DefaultOrganizationUrl, options.Region)
            ?? (UrlTemplate.TryParse(options.OrganizationUrl ?? options.DefaultOrganizationUrl, options.Region)!.NamesApplication
                ? $"Platform__OrganizationUrl must not hold {UrlTemplate.ApplicationPlaceholder}." : null)
            ?? (options.ParsedConcurrency is >= 1 and <= MostConcurrency ? null : $"Platform__Concurrency must be a number from 1 to {MostConcurrency}.");
    }

    private static string? UrlFault(string name, string? url, string unlessSet, string? region)
    {
        var text = url ?? unlessSet;
        if (region is null && text.Contains(UrlTemplate.RegionPlaceholder, StringComparison.Ordinal))
            return $"Platform__Region must be set, as {name} holds {UrlTemplate.RegionPlaceholder}.";
        return UrlTemplate.TryParse(text, region) is null
            ? $"{name} must be an address such as {unlessSet}, with https unless it is on this machine, and without a user, a query or a fragment."
            : null;
    }

    private static string? SecondsFault(string name, double? seconds) => seconds is >= LeastSeconds and <= MostSeconds
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{name} must be a number of seconds from {LeastSeconds} to {MostSeconds}.");

    private static bool IsLabel(string text) =>
        text.Length is >= 1 and <= 63 && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '-');
}
