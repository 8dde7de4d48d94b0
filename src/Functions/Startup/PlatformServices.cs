using Gatehouse.Access;
using Gatehouse.Archive;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Observability;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Gatehouse.Platform.Hosted;
using Gatehouse.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Startup;

/// <summary>The services of the platform.</summary>
internal static class PlatformServices
{
    /// <summary>Adds the embedded or the hosted platform, as the settings say.</summary>
    public static void AddPlatform(this IServiceCollection services, GatehouseSettings settings)
    {
        // The platform's routes are functions like all others, and need these services for the hosted platform too.
        services.AddSingleton<OrganizationAccess>();
        services.AddSingleton<ApplicationAccess>();
        services.AddSingleton<EmbeddedApplications>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<PushConfigurations>();
        services.AddSingleton<PlatformGate>();
        if (settings.Platform is { } hosted) services.AddHosted(hosted);
        else services.AddEmbedded();
    }

    private static void AddEmbedded(this IServiceCollection services)
    {
        services.AddSingleton<EmbeddedPlatform>();
        services.AddSingleton<IPlatform>(provider => provider.GetRequiredService<EmbeddedPlatform>());
        services.AddSingleton<IApplicationDirectory>(provider => provider.GetRequiredService<EmbeddedApplications>());
        services.AddSingleton<ArchiveSettings>();
    }

    private static void AddHosted(this IServiceCollection services, HostedSettings settings)
    {
        services.AddSingleton<HostedPlatformLog>();
        services.AddSingleton<IPlatform>(provider => new HostedPlatform(
            settings, provider.GetRequiredService<ISecretVault>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<HostedPlatformLog>().Observe));
        services.AddSingleton<IApplicationDirectory>(provider => provider.GetRequiredService<ManagedApplications>());
        services.AddSingleton(new ArchiveSettings { Source = CountSources.Hosted, KeepsWebhookCounts = true });
    }
}
