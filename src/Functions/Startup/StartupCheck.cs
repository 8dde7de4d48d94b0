using Gatehouse.Access;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Startup;

/// <summary>
/// Opens store, vault and keys before anything is served, so that a fault in them stops the start. Puts the credentials in
/// force, and logs what a Functions host does not find, or should not.
/// </summary>
internal sealed partial class StartupCheck(
    GatehouseSettings settings, ITableStore store, ISecretVault vault, OrganizationAccess organization, KeyCallers keyCallers,
    StartupCredentials credentials, UnsetSchedules unset, MisspeltSettings misspelt, ILogger<StartupCheck> log) : IHostedLifecycleService
{
    private bool hasEmbeddedPlatform;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // The row does not matter: the store must answer.
        await store.GetAsync("Applications", "0", "none", cancellationToken);
        // The hosted platform's credentials are read from the vault when they are needed.
        if (settings.Platform is null) await SetOrganizationAsync(cancellationToken);
        if (settings.Callers.LocalKey is { } key) keyCallers.AddLocal(key);
        else if (settings.Callers.AreNone)
            keyCallers.AddLocal(credentials.CreatedKey = await LocalKey.GetOrCreateAsync(vault, cancellationToken));
        // Not in Azure: there each start would pay for it, and nobody tries the embedded platform first.
        hasEmbeddedPlatform = settings is { Platform: not null, Storage.IsAzure: false }
            && await StorePairing.HoldsEmbeddedPlatformAsync(store, cancellationToken);
        // A Functions host prints no banner, and creates no key.
        if (!settings.Callers.AreNone && !settings.IsBehindHost)
            credentials.HasUnusedKey = await LocalKey.IsUnusedAsync(vault, settings.Callers.LocalKey, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (unset.Names.Count > 0) LogDisabled(string.Join(", ", unset.Names));
        if (settings.Telemetry.HostReceivers.Count > 0) LogHostReceivers(string.Join(", ", settings.Telemetry.HostReceivers));
        if (hasEmbeddedPlatform) LogEmbeddedPlatform(settings.Storage.Path);
        if (misspelt.Doubtful.Count > 0) LogMisspelt(string.Join(", ", misspelt.Doubtful));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SetOrganizationAsync(CancellationToken cancellationToken)
    {
        if (settings.Organization is { } configured)
        {
            organization.Configure(configured.User, configured.Password);
            credentials.User = configured.User;
            return;
        }
        (credentials.User, credentials.CreatedPassword) = await organization.GetOrCreateAsync(vault, cancellationToken);
    }

    [LoggerMessage(362, LogLevel.Warning, "The settings {Names} are not set: their timers are disabled.")]
    private partial void LogDisabled(string names);

    [LoggerMessage(363, LogLevel.Warning, "Are these environment variables misspelt settings? They have no effect: {Names}.")]
    private partial void LogMisspelt(string names);

    [LoggerMessage(365, LogLevel.Warning,
        "The Functions host reads {Names} too, and sends the paths of requests, which can contain API tokens. See docs/telemetry.md.")]
    private partial void LogHostReceivers(string names);

    [LoggerMessage(364, LogLevel.Warning,
        "The data folder {Folder} holds applications of an embedded platform, which the hosted platform does not know. Use another folder (Storage__Path).")]
    private partial void LogEmbeddedPlatform(string folder);
}
