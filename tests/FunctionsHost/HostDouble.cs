using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Gatehouse.FunctionsHost.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.FunctionsHost;

/// <summary>
/// A double of the Azure Functions host. It starts a worker, loads its functions, forwards requests to it and runs its timers. It
/// does only what the real host was seen to do (README.md).
/// </summary>
public sealed class HostDouble : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string folder;
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly HostJson hostJson;
    private readonly HostLog log;
    private readonly WorkerChannel channel;
    private readonly Dictionary<string, HostedFunction> functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Task> timers = new();
    private readonly CancellationTokenSource stopping = new();
    private WebApplication? endpoint;
    private WebApplication? server;
    private FrontEnd? frontEnd;
    private IWorker? worker;

    private HostDouble(string folder, IReadOnlyDictionary<string, string> settings)
    {
        this.folder = folder;
        this.settings = settings;
        hostJson = HostJson.Read(folder);
        log = new HostLog(hostJson);
        channel = new WorkerChannel(log);
    }

    /// <summary>The address for requests, on a free port of this machine.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The worker's process; null if the worker runs in this process.</summary>
    public int? WorkerProcessId => worker?.ProcessId;

    /// <summary>The worker's exit code, once it has ended.</summary>
    public Task<int> WorkerExited => worker!.Exited;

    /// <summary>The lines of the host's log that pass the levels of <c>host.json</c>.</summary>
    public IReadOnlyCollection<HostLine> Log => log.Lines;

    /// <summary>The names of the worker's functions.</summary>
    public IReadOnlyCollection<string> Functions => functions.Keys;

    /// <summary>Starts a published app and waits until it answers requests.</summary>
    /// <param name="folder">The published app: <c>host.json</c>, <c>worker.config.json</c> and the worker.</param>
    /// <param name="settings">The app's settings. Nothing else of this machine's environment reaches the worker.</param>
    /// <param name="start">Starts the worker; null to start it as a process.</param>
    /// <exception cref="WorkerException">The worker did not start. The message contains its output.</exception>
    public static async Task<HostDouble> StartAsync(
        string folder, IReadOnlyDictionary<string, string> settings, Func<WorkerStart, IWorker>? start = null)
    {
        var host = await LaunchAsync(folder, settings, start);
        try
        {
            await host.Ready;
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a published app without waiting for it: for a start that is expected to fail.</summary>
    public static async Task<HostDouble> LaunchAsync(
        string folder, IReadOnlyDictionary<string, string> settings, Func<WorkerStart, IWorker>? start = null)
    {
        var host = new HostDouble(Path.GetFullPath(folder), settings);
        try
        {
            await host.StartWorkerAsync(start);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
        host.Ready = host.ServeAsync();
        return host;
    }

    /// <summary>Done when the app answers requests.</summary>
    public Task Ready { get; private set; } = Task.CompletedTask;

    /// <summary>Waits for a line of the log that fits.</summary>
    public Task<HostLine> LoggedAsync(Func<HostLine, bool> isIt) => log.WaitAsync(isIt).WaitAsync(StartTimeout);

    /// <summary>Runs a timer's function now, and waits until it ends.</summary>
    /// <param name="timer">The function's name.</param>
    /// <param name="isPastDue">Whether the run is late.</param>
    /// <returns>Null if the run succeeded; otherwise the failure as reported by the worker.</returns>
    /// <exception cref="InvalidOperationException">There is no such timer, or it is disabled.</exception>
    public async Task<string?> FireAsync(string timer, bool isPastDue = false)
    {
        if (!functions.TryGetValue(timer, out var function) || function.IsHttp)
            throw new InvalidOperationException($"The worker has no timer '{timer}'.");
        if (UnsetSchedule(function) is { } setting)
            throw new InvalidOperationException($"Timer '{timer}' is disabled: the setting {setting} is not set.");
        var request = new InvocationRequest { InvocationId = Guid.NewGuid().ToString() };
        var now = DateTimeOffset.UtcNow;
        request.InputData.Add(new ParameterBinding
        {
            Name = function.TriggerName,
            Data = new TypedData { Json = JsonSerializer.Serialize(TimerRun(now, isPastDue)) },
        });
        request.TriggerMetadata["TimerTrigger"] = new TypedData { String = now.ToString("O", CultureInfo.InvariantCulture) };
        var call = channel.InvokeAsync(function, request, stopping.Token);
        timers[request.InvocationId] = call;
        var result = await call;
        timers.TryRemove(request.InvocationId, out _);
        return result.Status == StatusResult.Types.Status.Success
            ? null
            : $"{result.Status}: {result.Exception?.Type} {result.Exception?.Message}".TrimEnd();
    }

    /// <summary>
    /// Stops as the host does on SIGTERM: cancels running timers, waits for open requests, tells the worker to terminate, and kills
    /// it if it has not ended after the timeout.
    /// </summary>
    /// <returns>The worker's exit code.</returns>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        await stopping.CancelAsync();
        using var timeout = new CancellationTokenSource(grace);
        await Task.WhenAll(timers.Values).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (server is not null) await server.StopAsync(timeout.Token);
        channel.Send(new StreamingMessage { WorkerTerminate = new WorkerTerminate { GracePeriod = Duration.FromTimeSpan(grace) } });
        try
        {
            return await worker!.Exited.WaitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            worker!.Kill();
            return await worker.Exited;
        }
    }

    /// <summary>Kills the worker at once.</summary>
    public async Task KillAsync()
    {
        worker!.Kill();
        await worker.Exited;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (worker is not null) await worker.DisposeAsync();
        foreach (var app in (WebApplication?[])[server, endpoint])
        {
            if (app is null) continue;
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
        frontEnd?.Dispose();
        stopping.Dispose();
    }

    private async Task StartWorkerAsync(Func<WorkerStart, IWorker>? start)
    {
        var builder = Builder(HttpProtocols.Http2);
        builder.Services.AddGrpc(options => (options.MaxReceiveMessageSize, options.MaxSendMessageSize) = (null, null));
        builder.Services.AddSingleton(channel);
        endpoint = builder.Build();
        endpoint.MapGrpcService<WorkerService>();
        await endpoint.StartAsync();

        var address = AddressOf(endpoint);
        var (workerId, requestId) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        var given = new WorkerStart(
            [
                "--functions-uri", address.ToString(), "--functions-worker-id", workerId, "--functions-request-id", requestId,
                "--functions-grpc-max-message-length", int.MaxValue.ToString(CultureInfo.InvariantCulture),
            ],
            new Dictionary<string, string>(settings)
            {
                ["FUNCTIONS_APPLICATION_DIRECTORY"] = folder,
                ["FUNCTIONS_WORKER_DIRECTORY"] = folder,
                ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
            },
            log.Output, log.Error);
        worker = start is null ? WorkerProcess.Start(folder, WorkerAssembly(folder), given) : start(given);
        _ = EndAsync(worker);
    }

    private async Task EndAsync(IWorker started)
    {
        var code = await started.Exited;
        channel.Fail(new WorkerException($"The worker has ended with exit code {code}: {string.Join('\n', log.Printed)}"));
        if (!Ready.IsCompletedSuccessfully) log.Write(LogLevel.Error, "Host.Startup", "The worker ended; the host gave up restarting it.");
    }

    private async Task ServeAsync()
    {
        try
        {
            await channel.Started.WaitAsync(StartTimeout);
        }
        catch (TimeoutException)
        {
            throw new WorkerException($"The worker has not called the host: {string.Join('\n', log.Printed)}");
        }
        var init = await channel.AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest { HostVersion = "4.0.0", WorkerDirectory = folder, FunctionAppDirectory = folder },
        });
        Check(init.WorkerInitResponse.Result, "The worker could not begin");
        if (!init.WorkerInitResponse.Capabilities.TryGetValue("HttpUri", out var uri))
            throw new WorkerException("The worker takes no forwarded requests: it has not said HttpUri.");
        await LoadAsync();

        frontEnd = new FrontEnd(
            functions.Values.Where(function => function.IsHttp), channel, await worker!.HttpAddressAsync() ?? new Uri(uri), hostJson, log);
        server = Builder(HttpProtocols.Http1).Build();
        server.Run(frontEnd.AnswerAsync);
        await server.StartAsync();
        Address = AddressOf(server);
    }

    private async Task LoadAsync()
    {
        var reply = await channel.AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = folder },
        });
        Check(reply.FunctionMetadataResponse.Result, "The worker could not say what its functions are");
        foreach (var metadata in reply.FunctionMetadataResponse.FunctionMetadataResults)
        {
            metadata.FunctionId = metadata.FunctionId is { Length: > 0 } id ? id : Guid.NewGuid().ToString();
            metadata.Directory = folder;
            var function = HostedFunction.Of(metadata);
            var loaded = await channel.AskAsync(new StreamingMessage
            {
                FunctionLoadRequest = new FunctionLoadRequest { FunctionId = metadata.FunctionId, Metadata = metadata },
            });
            Check(loaded.FunctionLoadResponse.Result, $"The worker could not load function '{function.Name}'");
            functions.Add(function.Name, function);
            if (!function.IsHttp && UnsetSchedule(function) is { } setting) log.Disabled(function.Name, setting);
        }
    }

    // The host finds a schedule's name only in the app's settings.
    private string? UnsetSchedule(HostedFunction function) =>
        function.Schedule is ['%', .. var name, '%'] && !settings.ContainsKey(name) ? name : null;

    private static object TimerRun(DateTimeOffset now, bool isPastDue) => new
    {
        Schedule = new { AdjustForDST = true },
        ScheduleStatus = new { Last = now.AddMinutes(-1), LastUpdated = now.AddMinutes(-1), Next = now },
        IsPastDue = isPastDue,
    };

    private static void Check(StatusResult result, string what)
    {
        if (result.Status != StatusResult.Types.Status.Success)
            throw new WorkerException($"{what}: {result.Exception?.Message}");
    }

    private static string WorkerAssembly(string folder)
    {
        var path = Path.Combine(folder, "worker.config.json");
        if (!File.Exists(path)) throw new WorkerException($"{folder} holds no published app: it has no worker.config.json.");
        return JsonElement.Parse(File.ReadAllBytes(path)).GetProperty("description").GetProperty("defaultWorkerPath").GetString()!;
    }

    private static WebApplicationBuilder Builder(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        return builder;
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
}
