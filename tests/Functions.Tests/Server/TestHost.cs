using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>The server with a test's own functions, on a free port, with a clock that the test sets and recorded logs.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost host;

    private TestHost(IHost host, TestClock clock, RecordedLogs logs)
    {
        this.host = host;
        Clock = clock;
        Logs = logs;
        Address = new Uri(((WebApplication)host).Urls.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public TestClock Clock { get; }

    public RecordedLogs Logs { get; }

    public static Task<TestHost> StartAsync<TFunctions>(
        Action<ServerBuilder>? configure = null, params string[] args) =>
        StartAsync([typeof(TFunctions)], configure, args);

    public static async Task<TestHost> StartAsync(
        Type[] functions, Action<ServerBuilder>? configure = null, params string[] args)
    {
        var clock = new TestClock();
        var logs = new RecordedLogs();
        var builder = new ServerBuilder(CommandLine.ReadSettings(["--Urls", "http://127.0.0.1:0", .. args], _ => true), functions);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Logging.ClearProviders().AddProvider(logs);
        configure?.Invoke(builder);

        var host = builder.Build();
        await host.StartAsync();
        return new TestHost(host, clock, logs);
    }

    public Task StopAsync() => host.StopAsync();

    /// <summary>Waits until a timer is set on the clock: from then on, moving the clock fires it.</summary>
    public async Task UntilArmedAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (Clock.WaitingTimers == 0)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await host.StopAsync();
        await ((WebApplication)host).DisposeAsync();
    }
}
