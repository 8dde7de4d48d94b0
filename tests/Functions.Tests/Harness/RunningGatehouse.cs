using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The whole application in this process, on a free port, over real HTTP, with its own data folder.</summary>
internal sealed class RunningGatehouse : IAsyncDisposable
{
    public const string User = "organization";
    public const string Password = "a password: with a colon";
    public const string OpsKey = "the key of the local caller";

    private readonly ServedApplication application;
    private readonly TemporaryFolder? ownFolder;

    private RunningGatehouse(ServedApplication application, TemporaryFolder? ownFolder)
    {
        this.application = application;
        this.ownFolder = ownFolder;
        Api = new PlatformClient(application.Address, User, Password);
    }

    /// <summary>A client of the platform.</summary>
    public PlatformClient Api { get; }

    public IServiceProvider Services => application.Services;

    /// <summary>Like <see cref="Head.StartAsync"/> on the server, for tests of code that both heads share.</summary>
    public static Task<RunningGatehouse> StartAsync(
        TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null, IReadOnlyList<string>? settings = null,
        Action<IServiceCollection>? configure = null, TestStore? store = null) =>
        StartAsync(Head.Server, folder, clock, logs, settings, configure, store);

    /// <summary>Like <see cref="Head.StartHostedAsync"/>, on the server.</summary>
    public static Task<RunningGatehouse> StartHostedAsync(
        Uri platform, TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null,
        IReadOnlyList<string>? settings = null, bool hasCredentials = true, Action<IServiceCollection>? configure = null) =>
        StartHostedAsync(Head.Server, platform, folder, clock, logs, settings, hasCredentials, configure);

    internal static Task<RunningGatehouse> StartAsync(
        Head head, TemporaryFolder? folder, TimeProvider? clock, ILoggerProvider? logs, IReadOnlyList<string>? settings,
        Action<IServiceCollection>? configure, TestStore? store) =>
        ServeAsync(
            head, folder, clock, logs, ["--Organization:User", User, "--Organization:Password", Password, .. settings ?? []],
            configure, store);

    internal static async Task<RunningGatehouse> StartHostedAsync(
        Head head, Uri platform, TemporaryFolder? folder, TimeProvider? clock, ILoggerProvider? logs,
        IReadOnlyList<string>? settings, bool hasCredentials, Action<IServiceCollection>? configure)
    {
        var address = new Uri(platform, "/v3").ToString();
        var gatehouse = await ServeAsync(
            head, folder, clock, logs,
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

    /// <summary>
    /// Runs a timer's function. The test must wait for its effect, because the server does not wait for the end of the run.
    /// </summary>
    public Task RunTimerAsync(string function) => application.RunTimerAsync(function);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await application.DisposeAsync();
        ownFolder?.Dispose();
    }

    private static async Task<RunningGatehouse> ServeAsync(
        Head head, TemporaryFolder? folder, TimeProvider? clock, ILoggerProvider? logs, string[] settings,
        Action<IServiceCollection>? configure, TestStore? store)
    {
        var ownFolder = folder is null ? new TemporaryFolder() : null;
        var path = (folder ?? ownFolder)!.Path;
        var all = new Dictionary<string, string>
        {
            ["Storage:Path"] = path,
            ["Ops:LocalKey"] = OpsKey,
            ["Logging:LogLevel:Default"] = logs is null ? "None" : "Trace",
        };
        foreach (var (name, value) in await (store ?? TestStore.Sqlite).SettingsAsync(path))
            all[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        foreach (var setting in settings.Chunk(2)) all[setting[0][2..]] = setting[1];
        return new RunningGatehouse(await head.ServeAsync(all, clock, logs, configure), ownFolder);
    }
}
