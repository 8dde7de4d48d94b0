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
    /// Starts the application; in a folder of its own and under the machine's clock unless given others; with these settings
    /// and services over the test's.
    /// </summary>
    internal Task<RunningGatehouse> StartAsync(
        TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null, IReadOnlyList<string>? settings = null,
        Action<IServiceCollection>? configure = null, TestStore? store = null) =>
        RunningGatehouse.StartAsync(this, folder, clock, logs, settings, configure, store);

    /// <summary>Starts the application before a platform elsewhere, whose credentials are put into its vault unless left out.</summary>
    internal Task<RunningGatehouse> StartHostedAsync(
        Uri platform, TemporaryFolder? folder = null, TimeProvider? clock = null, ILoggerProvider? logs = null,
        IReadOnlyList<string>? settings = null, bool hasCredentials = true, Action<IServiceCollection>? configure = null) =>
        RunningGatehouse.StartHostedAsync(this, platform, folder, clock, logs, settings, hasCredentials, configure);

    /// <summary>Serves an application with these settings (<c>Name:Part</c>), clock, logs and services.</summary>
    internal abstract Task<ServedApplication> ServeAsync(
        IReadOnlyDictionary<string, string> settings, TimeProvider? clock, ILoggerProvider? logs, Action<IServiceCollection>? configure);
}

/// <summary>An application that answers requests.</summary>
internal abstract class ServedApplication : IAsyncDisposable
{
    /// <summary>Where it answers.</summary>
    public abstract Uri Address { get; }

    /// <summary>Its services.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Runs a timer's function; where the head lets it run on by itself, this does not wait for its end.</summary>
    public abstract Task RunTimerAsync(string function);

    public abstract ValueTask DisposeAsync();
}
