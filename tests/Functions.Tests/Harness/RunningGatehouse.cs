using Gatehouse.Custody;
using Gatehouse.Functions.Hosting;
using Gatehouse.Server;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The whole application in this process, on a free port, over real HTTP, with its data in a folder of its own.</summary>
internal sealed class RunningGatehouse : IAsyncDisposable
{
    public const string User = "organization";
    public const string Password = "a password: with a colon";
    public const string OpsKey = "the key of the local caller";

    private readonly IHost host;
    private readonly TemporaryFolder? ownFolder;

    private RunningGatehouse(IHost host, TemporaryFolder? ownFolder)
    {
        this.host = host;
        this.ownFolder = ownFolder;
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        Api = new PlatformClient(new Uri(addresses!.Addresses.Single()), User, Password);
    }

    /// <summary>A client of the platform.</summary>
    public PlatformClient Api { get; }

    public IServiceProvider Services => host.Services;

    /// <summary>Starts the application; in a folder of its own, and under the machine's clock, unless given others; with
    /// these settings and services over the test's.</summary>
    public static Task<RunningGatehouse> StartAsync(
        TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null, IReadOnlyList<string>? settings = null,
        Action<IServiceCollection>? configure = null, TestStore? store = null) =>
        StartAsync(
            folder, clock, logs, ["--Organization:User", User, "--Organization:Password", Password, .. settings ?? []], configure, store);

    /// <summary>Starts the application before a platform elsewhere, whose organization's credentials are put into its vault
    /// unless that is left out.</summary>
    public static async Task<RunningGatehouse> StartHostedAsync(
        Uri platform, TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null,
        IReadOnlyList<string>? settings = null, bool hasCredentials = true, Action<IServiceCollection>? configure = null)
    {
        var address = new Uri(platform, "/v3").ToString();
        var gatehouse = await StartAsync(
            folder, clock, logs,
            [
                "--Platform:Mode", "Hosted", "--Platform:ApplicationUrl", address, "--Platform:OrganizationDialect", "Basic",
                "--Platform:OrganizationUrl", address, .. settings ?? (IReadOnlyList<string>)[],
            ],
            configure, null);
        if (!hasCredentials) return gatehouse;
        var vault = gatehouse.Services.GetRequiredService<ISecretVault>();
        await vault.SetAsync("platform-organization-user", User, default);
        await vault.SetAsync("platform-organization-password", Password, default);
        return gatehouse;
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
        ownFolder?.Dispose();
    }

    private static async Task<RunningGatehouse> StartAsync(
        TemporaryFolder? folder, TimeProvider? clock, ILoggerProvider? logs, string[] settings,
        Action<IServiceCollection>? configure, TestStore? store)
    {
        var ownFolder = folder is null ? new TemporaryFolder() : null;
        var stored = await (store ?? TestStore.Sqlite).SettingsAsync((folder ?? ownFolder)!.Path);
        var builder = new ServerBuilder(
            [
                "--Urls", "http://127.0.0.1:0",
                "--Storage:Path", (folder ?? ownFolder)!.Path,
                "--Ops:LocalKey", OpsKey,
                .. logs is null ? new[] { "--Logging:LogLevel:Default", "None" } : ["--Logging:LogLevel:Default", "Trace"],
                .. stored.SelectMany(setting => (string[])[$"--{setting.Name.Replace("__", ":", StringComparison.Ordinal)}", setting.Value]),
                .. settings,
            ],
            typeof(Functions.Platform.Applications).Assembly.GetTypes());
        if (clock is not null) builder.Services.AddSingleton(clock);
        builder.AddGatehouse();
        configure?.Invoke(builder.Services);
        builder.Logging.ClearProviders();
        if (logs is not null) builder.Logging.AddProvider(logs);
        var host = builder.Build();
        await host.StartAsync();
        return new RunningGatehouse(host, ownFolder);
    }
}
