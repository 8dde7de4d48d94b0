using System.Runtime.CompilerServices;
using Azure.Identity;
using Gatehouse.Access;
using Gatehouse.Custody;
using Gatehouse.Custody.KeyVault;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Hosting;

/// <summary>What the application is made of.</summary>
internal static class GatehouseServices
{
    /// <summary>Adds everything, made from the settings.</summary>
    /// <exception cref="SettingException">A setting is wrong.</exception>
    public static TBuilder AddGatehouse<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // Under everything else that there is.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Settings.Schedules });
        var settings = Settings.Read(builder.Configuration);
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddRequestLogFilter();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton(_ => DataFolder.Open(settings.StoragePath));
        services.AddSingleton<ITableStore>(provider => SqliteTableStore.Open(provider.GetRequiredService<DataFolder>().Store));
        if (settings.KeyVault is { } address) services.AddKeyVault(address);
        else services.AddLocalVault();
        services.AddSingleton<PlatformKeys>();
        services.AddSingleton<OrganizationAccess>();

        services.AddSingleton<ApplicationAccess>();
        services.AddSingleton<Applications>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<PushConfigurations>();
        services.AddSingleton<PlatformGate>();

        services.AddSingleton<UsageLimits>();
        services.AddSingleton<UsageRecorder>();
        services.AddSingleton<UsageStatistics>();
        services.AddSingleton<UsagePurge>();
        services.AddSingleton<IPlatform, EmbeddedPlatform>();
        services.AddSingleton<CustodySettings>();
        services.AddSingleton<MasterTokens>();
        services.AddSingleton<KnownApplications>();
        services.AddSingleton<ApplicationViews>();
        services.AddSingleton<Adoption>();
        services.AddSingleton<Leases>();
        services.AddSingleton<CustodyFailures>();
        services.AddSingleton(_ => new KeyCallers(settings.Callers.Keys));
        if (settings.Callers.Entra is { } entra)
            services.AddSingleton(provider => new EntraCallers(entra, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Callers(
            provider.GetRequiredService<KeyCallers>(), provider.GetService<EntraCallers>()));
        services.AddSingleton<ProblemAnswers>();
        services.AddSingleton<OpsGate>();
        services.AddSingleton<WebhookGate>();

        services.AddHostedService<Opening>();
        return builder;
    }

    private static void AddLocalVault(this IServiceCollection services) => services.AddSingleton<ISecretVault>(provider =>
    {
        var folder = provider.GetRequiredService<DataFolder>();
        return LocalVault.Open(folder.Vault, folder.VaultKey);
    });

    // Apart, so that the client's assemblies are loaded only where there is a Key Vault.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddKeyVault(this IServiceCollection services, Uri address) => services.AddSingleton<ISecretVault>(provider =>
        KeyVaultSecretVault.Open(
            address, new DefaultAzureCredential(), KeyVaultPatience.Default, provider.GetRequiredService<TimeProvider>()));
}
