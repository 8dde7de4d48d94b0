using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>An HTTP server on a free port of this machine, which answers every request in one way.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication host;

    private LoopbackServer(WebApplication host) => this.host = host;

    /// <summary>Its address, without a slash at the end.</summary>
    public string Address => host.Urls.Single();

    /// <summary>Starts one.</summary>
    public static async Task<LoopbackServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new LoopbackServer(builder.Build());
        server.host.Run(answer);
        await server.host.StartAsync();
        return server;
    }

    /// <summary>Stops it at once, also while requests are open.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await host.StopAsync(now.Token);
        await host.DisposeAsync();
    }
}
