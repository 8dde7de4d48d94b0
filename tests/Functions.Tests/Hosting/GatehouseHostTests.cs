using Gatehouse.Functions.Startup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>The exit code of a host. What stops a start: <see cref="StartRefusalTests"/>.</summary>
public sealed class GatehouseHostTests
{
    [Fact]
    public async Task A_stop_during_the_start_is_no_fault()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService<StopsAtStart>();
        Assert.Equal(0, await GatehouseHost.RunAsync(() => builder.Build()));
    }

    // The host cancels the start when the application is to stop.
    private sealed class StopsAtStart(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
