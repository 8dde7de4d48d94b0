using Gatehouse.Access;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Startup;

/// <summary>
/// Sees to it that store, vault and keys are open before anything is served, so that what is wrong with them stops the
/// start; and when all is served, prints what a first call needs, unless there is a Functions host to say so.
/// </summary>
internal sealed partial class StartupCheck(
    GatehouseSettings settings, OpenData data, ITableStore store, ISecretVault vault,
    OrganizationAccess organization, KeyCallers keyCallers, CallerAuthenticator callers, IServer server, UnsetSchedules unset,
    ILogger<StartupCheck> log) : IHostedLifecycleService
{
    private string user = "";
    private string? madePassword;
    private string? madeKey;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // Whatever it answers: that it answers is what counts.
        await store.GetAsync("Applications", "0", "none", cancellationToken);
        if (settings.Platform is not null)
        {
            // Its credentials are the vault's, and are asked for when they are needed.
        }
        else if (settings.Organization is { } configured)
        {
            organization.Configure(configured.User, configured.Password);
            user = configured.User;
        }
        else
        {
            (user, madePassword) = await organization.GetOrCreateAsync(vault, cancellationToken);
        }

        if (settings.Callers.LocalKey is { } key) keyCallers.AddLocal(key);
        else if (settings.Callers.AreNone) keyCallers.AddLocal(madeKey = await LocalKey.GetOrCreateAsync(vault, cancellationToken));
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (unset.Names.Count > 0) LogDisabled(string.Join(", ", unset.Names));
        // Only the host knows at what address the functions are.
        if (settings.IsBehindHost) return Task.CompletedTask;
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses;
        var address = addresses?.FirstOrDefault() ?? "http://127.0.0.1:7071";
        Console.Out.WriteLine(
            $"""
            Gatehouse is at {string.Join(" and ", addresses ?? [address])}
            {Places()}
              {(settings.Platform is { } hosted
                ? $"platform      {hosted.ApplicationUrl}"
                : $"organization  user {user}, password {madePassword ?? "as configured"}")}
              ops           X-Gatehouse-Key: {madeKey ?? "as configured"}{(callers.TakesBearer ? ", or Authorization: Bearer" : "")}
              first call    {FirstCall(address)}
            """);
        return Task.CompletedTask;
    }

    private string FirstCall(string address) => settings.Platform is null
        ? $"curl -u \"{user}:{madePassword ?? "$Organization__Password"}\" -d '{ExampleBody}' {address}/v3/applications"
        : $"curl -H \"X-Gatehouse-Key: {madeKey ?? "$Ops__LocalKey"}\" {address}/ops/v1/applications";

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private string Places() => string.Join(
        Environment.NewLine,
        (string[])[
            .. data.Account is { } account ? new[] { $"  tables        {account}" } : [],
            .. data.Folder is { } folder ? new[] { $"  data folder   {folder.Path}" } : [],
        ]);

    private const string ExampleBody = """{"name": "New application"}""";

    [LoggerMessage(362, LogLevel.Warning, "The settings {Names} are not set: their timers are disabled.")]
    private partial void LogDisabled(string names);
}
