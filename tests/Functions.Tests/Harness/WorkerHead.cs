using Gatehouse.Functions.Startup;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Timers;
using Gatehouse.FunctionsHost;
using Gatehouse.Jobs;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.Invocation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>
/// The official worker under the double of the Functions host. The worker runs in this process, so a test can set its clock and its
/// services. Host and worker communicate by gRPC and HTTP, as two processes do. Other tests start the published package
/// (<see cref="PublishedWorker"/>).
/// </summary>
internal sealed class WorkerHead : Head
{
    /// <summary>The environment variable for the folder of <c>host.json</c>, which the host sets.</summary>
    public const string ApplicationDirectory = "FUNCTIONS_APPLICATION_DIRECTORY";

    static WorkerHead() => Environment.SetEnvironmentVariable(ApplicationDirectory, AppContext.BaseDirectory);

    internal override async Task<ServedApplication> ServeAsync(
        IReadOnlyDictionary<string, string> settings, TimeProvider? clock, ILoggerProvider? logs, Action<IServiceCollection>? configure)
    {
        // The host reads schedules only from the app's settings.
        var given = new Dictionary<string, string>(settings);
        foreach (var (name, schedule) in GatehouseSettings.Schedules) given.TryAdd(name, schedule!);
        Worker? worker = null;
        var host = await HostDouble.StartAsync(
            AppContext.BaseDirectory, given, start => worker = Worker.Start(start, clock, logs, configure));
        return new Served(host, worker!);
    }

    private sealed class Served(HostDouble host, Worker worker) : ServedApplication
    {
        public override Uri Address => host.Address;

        public override IServiceProvider Services => worker.Services;

        public override async Task RunTimerAsync(string job)
        {
            var kind = Services.GetRequiredService<JobRunner>().Request(job);
            Assert.Null(await host.FireAsync(JobFunctions.NameOf(kind!.Value)));
        }

        public override async ValueTask DisposeAsync()
        {
            await host.StopAsync(TimeSpan.FromSeconds(10));
            await host.DisposeAsync();
        }
    }

    /// <summary>A worker in this process.</summary>
    private sealed class Worker : IWorker
    {
        private readonly IHost host;
        private readonly TaskCompletionSource<Uri?> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Worker(IHost host)
        {
            this.host = host;
            Exited = RunAsync();
        }

        public int? ProcessId => null;

        public Task<int> Exited { get; }

        public IServiceProvider Services => host.Services;

        public static Worker Start(WorkerStart start, TimeProvider? clock, ILoggerProvider? logs, Action<IServiceCollection>? configure)
        {
            var builder = FunctionsApplication.CreateBuilder([]);
            builder.Configuration.AddInMemoryCollection(start.Environment.Concat(Connection(start))
                .Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
            builder.ConfigureFunctionsWebApplication();
            // The worker finds these in the entry assembly. Here the entry assembly is the tests'.
            builder.Services.AddSingleton<IFunctionExecutor, DirectFunctionExecutor>();
            builder.Services.AddSingleton<IFunctionMetadataProvider, GeneratedFunctionMetadataProvider>();
            // The worker uses one port for each process. This process has several workers.
            builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
            if (clock is not null) builder.Services.AddSingleton(clock);
            builder.AddGatehouse();
            configure?.Invoke(builder.Services);
            builder.Logging.ClearProviders();
            if (logs is not null) builder.Logging.AddProvider(logs);
            return new Worker(builder.Build());
        }

        public Task<Uri?> HttpAddressAsync() => listening.Task;

        public void Kill() => host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        public async ValueTask DisposeAsync()
        {
            if (!Exited.IsCompleted) Kill();
            await Exited;
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        private async Task<int> RunAsync()
        {
            try
            {
                await host.StartAsync();
            }
            catch (Exception e)
            {
                listening.SetException(e);
                throw;
            }
            listening.SetResult(new Uri(
                host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
            await host.WaitForShutdownAsync();
            return 0;
        }

        private static IEnumerable<KeyValuePair<string, string>> Connection(WorkerStart start) =>
            start.Arguments.Chunk(2).Select(argument => KeyValuePair.Create(
                argument[0] switch
                {
                    "--functions-uri" => "Functions:Worker:HostEndpoint",
                    "--functions-worker-id" => "Functions:Worker:WorkerId",
                    "--functions-request-id" => "Functions:Worker:RequestId",
                    _ => "Functions:Worker:GrpcMaxMessageLength",
                },
                argument[1]));
    }
}
