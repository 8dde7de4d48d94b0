using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Server.Timers;

/// <summary>Requests runs of single jobs. Several jobs share a function.</summary>
/// <param name="FunctionOf">Requests a run of the job with this name, and returns the name of its function; null for an unknown job.</param>
/// <param name="Names">The names of the jobs.</param>
internal sealed record JobRequests(Func<string, string?> FunctionOf, Func<IReadOnlyCollection<string>> Names);

/// <summary>Runs the app's timers. They start after the whole app has started and stop before anything else stops.</summary>
internal sealed class TimerService(
    IReadOnlyList<TimerFunction> functions, IServiceScopeFactory scopes, TimeProvider clock, ILoggerFactory loggers,
    JobRequests? jobs = null)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, TimerLoop> loops = functions.ToDictionary(
        function => function.Name,
        function => new TimerLoop(function, scopes, clock, loggers.CreateLogger("Function")),
        StringComparer.OrdinalIgnoreCase);

    private Task running = Task.CompletedTask;

    /// <summary>What can be run: the jobs, or the timer functions of an app that has no jobs.</summary>
    public IReadOnlyCollection<string> Names => jobs?.Names() ?? loops.Keys;

    /// <summary>Requests a run of a job or of a timer function, by its name. Returns false for an unknown name.</summary>
    public bool TryRunNow(string name)
    {
        if (!loops.TryGetValue(jobs?.FunctionOf(name) ?? name, out var loop)) return false;
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
            // A function that ignores its token is abandoned when the time for a shutdown is over.
        }
    }

    public Task StoppedAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();
}
