using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Alerts;
using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Observability;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Timers;
using Gatehouse.Jobs;
using Gatehouse.Push;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Usage;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Startup;

/// <summary>The services of the application.</summary>
public static class GatehouseServices
{
    /// <summary>Adds all services, as the settings say.</summary>
    /// <exception cref="SettingException">A setting is wrong.</exception>
    public static TBuilder AddGatehouse<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Before the defaults, under which every schedule is set.
        builder.Services.AddSingleton(new UnsetSchedules(GatehouseSettings.UnsetSchedules(builder.Configuration)));
        builder.Services.AddSingleton(MisspeltSettings.Find(builder.Configuration));
        // First, so that every other source overrides the defaults.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = GatehouseSettings.Schedules });
        var settings = GatehouseSettings.Read(builder.Configuration);
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddRequestLogFilter();
        if (settings.Telemetry.IsOn) AddTelemetry(builder, settings);
        services.TryAddSingleton(TimeProvider.System);

        services.AddData(settings, isObserved: settings.Telemetry.HasSpans);
        services.AddPlatform(settings);
        services.AddUsage();
        services.AddAlerts(settings);
        services.AddCustody();
        services.AddArchive();
        services.AddJobs(
            GatehouseSettings.ReadSchedules(builder.Configuration), settings.IsBehindHost ? JobFunctions.HostLimit : Timeout.InfiniteTimeSpan);
        services.AddAccess(settings);
        services.AddStartup(settings);
        return builder;
    }

    // A separate method: compiling a method loads the assemblies of the types it uses, here Azure's and OpenTelemetry's.
    private static void AddTelemetry(IHostApplicationBuilder builder, GatehouseSettings settings) =>
        builder.AddTelemetryExport(settings.Telemetry, () => AzureIdentity.Credential);

    private static void AddData(this IServiceCollection services, GatehouseSettings settings, bool isObserved)
    {
        // Loading SQLite and OpenSSL takes as long as building the host, so both happen at the same time.
        var opening = Task.Run(() => DataStores.OpenAsync(settings));
        services.AddSingleton(_ => opening.GetAwaiter().GetResult());
        services.AddSingleton<ITableStore>(provider =>
            provider.GetRequiredService<DataStores>().Store is var store && isObserved ? new TracedTableStore(store) : store);
        services.AddSingleton(provider =>
            provider.GetRequiredService<DataStores>().Vault is var vault && isObserved ? new TracedSecretVault(vault) : vault);
        services.AddSingleton(provider => provider.GetRequiredService<DataStores>().Keys);
        services.AddSingleton(provider => provider.GetRequiredService<DataStores>().AccessKeys);
        services.AddSingleton(provider => new DiskProbe(
            provider.GetRequiredService<DataStores>().Folder?.Path, holdsStore: !settings.Storage.IsAzure, holdsVault: settings.KeyVault is null));
        services.AddSingleton<Readiness>();
    }

    private static void AddUsage(this IServiceCollection services)
    {
        services.AddSingleton<UsageLimits>();
        services.AddSingleton<UsageRecorder>();
        services.AddSingleton<UsageStatistics>();
        services.AddSingleton<UsagePurge>();
    }

    private static void AddAlerts(this IServiceCollection services, GatehouseSettings settings)
    {
        services.AddSingleton<AlertLog>();
        services.AddSingleton(provider => new AlertOutbox(
            provider.GetRequiredService<ITableStore>(), settings.Alerts, provider.GetRequiredService<AlertLog>().Raised));
        services.AddSingleton(provider => new AlertDelivery(
            provider.GetRequiredService<ITableStore>(), settings.Alerts, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<AlertLog>().Failed, provider.GetRequiredService<AlertLog>().Abandoned));
    }

    private static void AddCustody(this IServiceCollection services)
    {
        services.AddSingleton(provider => CustodyAlerts.To(provider.GetRequiredService<AlertOutbox>()));
        services.AddSingleton<CustodySettings>();
        services.AddSingleton<MasterTokens>();
        services.AddSingleton<ManagedApplications>();
        services.AddSingleton<ApplicationViews>();
        services.AddSingleton<ApplicationSync>();
        services.AddSingleton<Leases>();
        services.AddSingleton<ManagedPushCredentials>();
        services.AddSingleton<PushCredentialCheck>();
        services.AddSingleton<PushReplacementLog>();
        services.AddSingleton<CustodyLog>();
    }

    private static void AddArchive(this IServiceCollection services)
    {
        services.AddSingleton<ArchiveRuns>();
        services.AddSingleton<ArchiveReader>();
        services.AddSingleton<DailyArchive>();
        services.AddSingleton<Backfills>();
        services.AddSingleton<ArchiveLog>();
    }

    private static void AddJobs(
        this IServiceCollection services, IReadOnlyDictionary<string, Schedule> schedules, TimeSpan limit)
    {
        services.AddSingleton<IJob, RotateTokens>();
        services.AddSingleton<IJob, DeliverAlerts>();
        services.AddSingleton<IJob, RunBackfills>();
        services.AddSingleton<IJob, ArchiveMessageCounts>();
        services.AddSingleton<IJob, AdoptApplications>();
        services.AddSingleton<IJob, CheckPushCredentials>();
        services.AddSingleton<IJob, PurgeUsageMarks>();
        services.AddSingleton<IJob, PurgeCalls>();
        services.AddSingleton<JobLog>();
        services.AddSingleton<JobMemory>();
        services.AddSingleton<JobRuns>();
        services.AddSingleton(provider => new JobWatch(
            provider.GetServices<IJob>(), schedules, provider.GetRequiredService<JobRuns>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new JobRunner(
            provider.GetServices<IJob>(), schedules, provider.GetRequiredService<JobMemory>(), provider.GetRequiredService<JobRuns>(), limit,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<JobLog>().Failed, provider.GetRequiredService<JobLog>().NotRemembered));
    }

    private static void AddAccess(this IServiceCollection services, GatehouseSettings settings)
    {
        services.AddSingleton(provider => new KeyCallers(settings.Callers.Keys, provider.GetRequiredService<TimeProvider>()));
        if (settings.Callers.Entra is { } entra)
            services.AddSingleton(provider => new EntraCallers(entra, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CallerAuthenticator(
            provider.GetRequiredService<KeyCallers>(), provider.GetService<EntraCallers>()));
        services.AddSingleton(provider => new AuditTrail(
            provider.GetRequiredService<ITableStore>(),
            [new AuditSource(UsageLimits.Table, UsageLimits.Partitions, UsageLimits.PartitionOf)],
            provider.GetRequiredService<TimeProvider>(),
            isApart: settings.Storage.AuditTableEndpoint is not null));
        services.AddSingleton<AuditReader>();
        services.AddSingleton<AuditedChanges>();
        services.AddSingleton<IdempotentCalls>();
        services.AddSingleton<IdempotentAnswers>();
        services.AddSingleton<ProblemAnswers>();
        services.AddSingleton<CredentialLimit>();
        services.AddSingleton<OpsAuthentication>();
        services.AddSingleton<OpsGate>();
        services.AddSingleton<WebhookGate>();
        services.AddSingleton<PublicGate>();
        services.AddSingleton(_ => new BodyMemory());
        services.AddSingleton<Inspections>();
    }

    private static void AddStartup(this IServiceCollection services, GatehouseSettings settings)
    {
        services.AddSingleton<StartupCredentials>();
        services.AddHostedService<StartupCheck>();
        // Only a Functions host knows the address of its functions.
        if (!settings.IsBehindHost) services.AddHostedService<StartupBanner>();
    }
}
