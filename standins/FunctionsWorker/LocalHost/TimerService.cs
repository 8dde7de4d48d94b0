using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>The app's timers: they start once the whole app has, and are told to stop before anything else is.</summary>
internal sealed class TimerService(
    IReadOnlyList<TimerFunction> functions, IServiceScopeFactory scopes, TimeProvider clock, ILoggerFactory loggers)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, TimerLoop> loops = functions.ToDictionary(
        function => function.Name,
        function => new TimerLoop(function, scopes, clock, loggers.CreateLogger("Function")),
        StringComparer.OrdinalIgnoreCase);

    private Task running = Task.CompletedTask;

    /// <summary>Asks for a run of this function; false where no timer has this name.</summary>
    public bool TryRunNow(string function)
    {
        if (!loops.TryGetValue(function, out var loop)) return false;
        loop.RunNow();
        return true;
    }

    public Task StartingAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellation)
    {
        running = Task.WhenAll(loops.Values.Select(loop => Task.Run(() => loop.RunAsync(stopping.Token))));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellation) => stopping.CancelAsync();

    public async Task StopAsync(CancellationToken cancellation)
    {
        try
        {
            await running.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // A function that does not heed its token is left behind when the host's time to stop is over.
        }
    }

    public Task StoppedAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();
}
