using Gatehouse.Alerts;
using Gatehouse.Jobs;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The validated settings. They are read once, at start, and a wrong one stops it.</summary>
/// <param name="Storage">Where data is kept.</param>
/// <param name="Organization"><c>Organization__User</c> and <c>Organization__Password</c>; null if they are created at first
/// start and kept in the vault.</param>
/// <param name="Callers">Who may call <c>/ops/v1</c>.</param>
/// <param name="KeyVault"><c>KeyVault__Uri</c>: the Key Vault that holds secrets; null for the local vault.</param>
/// <param name="Alerts">Where alerts are sent to.</param>
/// <param name="Platform"><c>Platform__...</c>: the hosted platform; null if the platform is in this process.</param>
/// <param name="Telemetry">Where telemetry goes.</param>
/// <param name="IsBehindHost">Whether a Functions host started this process.</param>
internal sealed record GatehouseSettings(
    StorageSettings Storage, OrganizationSettings? Organization, CallerSettings Callers, Uri? KeyVault,
    AlertSettings Alerts, HostedSettings? Platform, TelemetrySettings Telemetry, bool IsBehindHost)
{
    private const int ScheduleFields = 6;

    /// <summary>
    /// The schedules of the timer functions. A Functions host reads them from the app's settings only, so they must be set there.
    /// </summary>
    public static readonly IReadOnlyList<string> HostSchedules = ["UrgentJobsSchedule", "BackgroundJobsSchedule"];

    /// <summary>The default schedules: of the two timer functions, and of the jobs that they run.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Schedules = new Dictionary<string, string?>
    {
        ["UrgentJobsSchedule"] = "0 * * * * *",
        ["BackgroundJobsSchedule"] = "30 * * * * *",
        ["PurgeSchedule"] = "0 40 3 * * *",
        ["RotateSchedule"] = "0 * * * * *",
        ["AdoptSchedule"] = "0 10 * * * *",
        ["AlertsSchedule"] = "0 * * * * *",
        ["PurgeCallsSchedule"] = "30 5/10 * * * *",
        ["PushCheckSchedule"] = "0 0 6 * * *",
        ["ArchiveSchedule"] = "0 20 1 * * *",
        ["BackfillSchedule"] = "30 * * * * *",
    };

    /// <summary>The names of all settings, as an environment variable writes them.</summary>
    public static IEnumerable<string> Names => [.. GatehouseOptions.Names, .. TelemetrySettings.Names, .. Schedules.Keys];

    /// <summary>Whether anything is kept in the data folder.</summary>
    public bool NeedsDataFolder => !Storage.IsAzure || KeyVault is null;

    /// <summary>Binds and validates the settings of an application that serves requests.</summary>
    /// <exception cref="SettingException">One of them is wrong, or the application would be open to everyone.</exception>
    public static GatehouseSettings Read(IConfiguration configuration)
    {
        var settings = ReadForCommand(configuration);
        new ExposureValidator(EnvironmentOptions.Bind(configuration)).Require(settings);
        return settings;
    }

    /// <summary>Binds and validates the settings of a command, which serves no requests.</summary>
    /// <exception cref="SettingException">One of them is wrong.</exception>
    public static GatehouseSettings ReadForCommand(IConfiguration configuration)
    {
        var options = GatehouseOptions.Bind(configuration);
        new GatehouseOptionsValidator().Require(options);
        LogLevels.Require(configuration);
        var environment = EnvironmentOptions.Bind(configuration);
        return new GatehouseSettings(
            options.Storage.ToSettings(), options.Organization.ToSettings(),
            new CallerSettings(
                options.Ops.LocalKey, [.. options.Ops.Callers.InOrder().Select(caller => caller.ToSettings())], options.Entra.ToSettings()),
            SettingRules.TryHttpsAddress(options.KeyVault.Uri), options.Alerts.ToSettings(), options.Platform.ToSettings(),
            TelemetrySettings.Read(options, configuration, environment.IsBehindHost), environment.IsBehindHost);
    }

    /// <summary>The schedules that a Functions host does not find, if there is one. Call it before the defaults are added.</summary>
    public static IReadOnlyList<string> UnsetSchedules(IConfiguration configuration) =>
        EnvironmentOptions.Bind(configuration).IsBehindHost ? [.. HostSchedules.Where(name => configuration[name] is null)] : [];

    /// <summary>When each job and each timer function is due, by the name of the setting. Call it after the defaults are added.</summary>
    /// <exception cref="SettingException">A schedule is not one.</exception>
    public static IReadOnlyDictionary<string, Schedule> ReadSchedules(IConfiguration configuration) =>
        Schedules.Keys.ToDictionary(name => name, name => ReadSchedule(name, configuration[name] ?? ""));

    // The Functions host also takes five fields, without seconds, and intervals. One field too few would be another schedule, unnoticed.
    private static Schedule ReadSchedule(string name, string text)
    {
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != ScheduleFields)
            throw new SettingException($"{name}: the schedule '{text}' must have six fields, with seconds first, as in 0 20 1 * * *.");
        try
        {
            return Schedule.Parse(text);
        }
        catch (FormatException fault)
        {
            throw new SettingException($"{name}: the schedule '{text}' {fault.Message.TrimEnd('.')}.");
        }
    }

    // The generated text would contain the key and the password.
    public override string ToString() => Storage.Path;
}
