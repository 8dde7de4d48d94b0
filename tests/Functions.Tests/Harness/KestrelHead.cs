using System.Net;
using Gatehouse.Functions.Startup;
using Gatehouse.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The functions on Kestrel, in this process.</summary>
internal sealed class KestrelHead : Head
{
    internal override async Task<ServedApplication> ServeAsync(
        IReadOnlyDictionary<string, string> settings, TimeProvider? clock, ILoggerProvider? logs, Action<IServiceCollection>? configure)
    {
        var builder = new ServerBuilder([], typeof(Functions.Platform.Applications).Assembly.GetTypes());
        builder.Configuration.AddInMemoryCollection(
        [
            new("Urls", "http://127.0.0.1:0"),
            // The other head has set this variable for the whole process.
            new(WorkerHead.ApplicationDirectory, ""),
            .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)),
        ]);
        if (clock is not null) builder.Services.AddSingleton(clock);
        builder.AddGatehouse();
        builder.AddServerServices();
        configure?.Invoke(builder.Services);
        builder.Logging.ClearProviders();
        if (logs is not null) builder.Logging.AddProvider(logs);
        var host = builder.Build();
        await host.StartAsync();
        return new Served(host);
    }

    private sealed class Served(IHost host) : ServedApplication
    {
        public override Uri Address { get; } = new(
            host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        public override IServiceProvider Services => host.Services;

        public override async Task RunTimerAsync(string job)
        {
            using var client = new HttpClient { BaseAddress = Address };
            using var answer = await client.PostAsync($"/admin/functions/{job}", null);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        public override async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
