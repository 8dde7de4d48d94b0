using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>One of the two ways in which the functions are served. A suite that needs only HTTP runs over both.</summary>
public abstract class Head
{
    /// <summary><c>src/Server</c>: the functions on Kestrel.</summary>
    public static readonly Head Server = new KestrelHead();

    /// <summary><c>src/Functions</c>: the official worker, under the double of the Functions host.</summary>
    public static readonly Head FunctionsHost = new WorkerHead();

    /// <summary>
    /// Starts the application. Without arguments: in a new folder, with the machine's clock, and with the tests' settings and
    /// services.
    /// </summary>
    internal Task<RunningGatehouse> StartAsync(
        TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null, IReadOnlyList<string>? settings = null,
        Action<IServiceCollection>? configure = null, TestStore? store = null) =>
        RunningGatehouse.StartAsync(this, folder, clock, logs, settings, configure, store);

    /// <summary>Starts the application with a hosted platform. By default its vault gets the platform's credentials.</summary>
    internal Task<RunningGatehouse> StartHostedAsync(
        Uri platform, TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null,
        IReadOnlyList<string>? settings = null, bool hasCredentials = true, Action<IServiceCollection>? configure = null) =>
        RunningGatehouse.StartHostedAsync(this, platform, folder, clock, logs, settings, hasCredentials, configure);

    /// <summary>Starts an application with these settings (<c>Name:Part</c>), clock, logs and services.</summary>
    internal abstract Task<ServedApplication> ServeAsync(
        IReadOnlyDictionary<string, string> settings, TimeProvider? clock, ILoggerProvider? logs, Action<IServiceCollection>? configure);
}

/// <summary>An application that answers requests.</summary>
internal abstract class ServedApplication : IAsyncDisposable
{
    /// <summary>Its address.</summary>
    public abstract Uri Address { get; }

    /// <summary>Its services.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Runs a job. On the server this does not wait for the end of the run.</summary>
    public abstract Task RunTimerAsync(string job);

    public abstract ValueTask DisposeAsync();
}
