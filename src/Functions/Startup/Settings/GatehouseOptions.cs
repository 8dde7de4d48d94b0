using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// Every setting that has a section, as the configuration holds it. Each public property of these types is a setting.
/// </summary>
/// <remarks>
/// Values stay text until they are validated: the binder's own conversions accept too much, such as <c>0x10</c> for a number
/// and <c>1</c> for the name of a mode.
/// </remarks>
internal sealed class GatehouseOptions
{
    /// <summary>The names of these settings, as an environment variable writes them. N and M stand for the number of an item.</summary>
    public static IReadOnlyList<string> Names { get; } = SettingNames.Of(typeof(GatehouseOptions));

    public StorageOptions Storage { get; } = new();

    public OrganizationOptions Organization { get; } = new();

    public KeyVaultOptions KeyVault { get; } = new();

    public OpsOptions Ops { get; } = new();

    public EntraOptions Entra { get; } = new();

    public AlertsOptions Alerts { get; } = new();

    public PlatformOptions Platform { get; } = new();

    public AzureMonitorOptions AzureMonitor { get; } = new();

    public TelemetryOptions Telemetry { get; } = new();

    /// <summary>Binds every section. A misspelt name is refused: the default would otherwise stay in force unnoticed.</summary>
    /// <exception cref="SettingException">A name is not that of a setting.</exception>
    public static GatehouseOptions Bind(IConfiguration configuration)
    {
        foreach (var names in Names.GroupBy(name => name.Split("__")[0]))
            SettingNames.RefuseUnknown(configuration.GetSection(names.Key), [.. names]);
        var options = new GatehouseOptions();
        SettingsUnder(configuration, nameof(Storage)).Bind(options.Storage, RefuseUnknown);
        SettingsUnder(configuration, nameof(Organization)).Bind(options.Organization, RefuseUnknown);
        SettingsUnder(configuration, nameof(KeyVault)).Bind(options.KeyVault, RefuseUnknown);
        SettingsUnder(configuration, nameof(Ops)).Bind(options.Ops, RefuseUnknown);
        SettingsUnder(configuration, nameof(Entra)).Bind(options.Entra, RefuseUnknown);
        SettingsUnder(configuration, nameof(Alerts)).Bind(options.Alerts, RefuseUnknown);
        SettingsUnder(configuration, nameof(Platform)).Bind(options.Platform, RefuseUnknown);
        SettingsUnder(configuration, nameof(AzureMonitor)).Bind(options.AzureMonitor, RefuseUnknown);
        SettingsUnder(configuration, nameof(Telemetry)).Bind(options.Telemetry, RefuseUnknown);
        return options;
    }

    // A variable such as PLATFORM or STORAGE is another program's. The binder would refuse it, and show its value.
    private static IConfigurationRoot SettingsUnder(IConfiguration configuration, string section) => new ConfigurationBuilder()
        .AddInMemoryCollection(configuration.GetSection(section).AsEnumerable(makePathsRelative: true)).Build();

    private static void RefuseUnknown(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;
}

/// <summary>Validates each section, and the rules between two of them.</summary>
internal sealed class GatehouseOptionsValidator : IValidateOptions<GatehouseOptions>
{
    public ValidateOptionsResult Validate(string? name, GatehouseOptions options)
    {
        ValidateOptionsResult[] results =
        [
            new StorageOptionsValidator().Validate(name, options.Storage),
            new OrganizationOptionsValidator().Validate(name, options.Organization),
            new OpsOptionsValidator().Validate(name, options.Ops),
            new EntraOptionsValidator().Validate(name, options.Entra),
            new KeyVaultOptionsValidator().Validate(name, options.KeyVault),
            new AlertsOptionsValidator().Validate(name, options.Alerts),
            new PlatformOptionsValidator().Validate(name, options.Platform),
            new AzureMonitorOptionsValidator().Validate(name, options.AzureMonitor),
            new TelemetryOptionsValidator().Validate(name, options.Telemetry),
            SettingRules.Result(options.Platform.IsHosted && options.Organization.IsSet
                ? "Organization__User and Organization__Password are for the embedded platform: the hosted one's are secrets in the vault."
                : null),
        ];
        return results.FirstOrDefault(result => result.Failed) ?? ValidateOptionsResult.Success;
    }
}
