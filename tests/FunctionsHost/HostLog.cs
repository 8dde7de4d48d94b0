using System.Collections.Concurrent;
using Gatehouse.FunctionsHost.Protocol;
using Microsoft.Extensions.Logging;

namespace Gatehouse.FunctionsHost;

/// <summary>A line of the host's log.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Category">Its category, which can contain the function's name.</param>
/// <param name="Text">The message, with the exception's message if there is one.</param>
public sealed record HostLine(LogLevel Level, string Category, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Level} {Category}: {Text}";
}

/// <summary>
/// The host's log. An operator sees the lines that pass the levels of <c>host.json</c>. All output of the worker is kept too, so
/// that a test can show why a start failed.
/// </summary>
internal sealed class HostLog(HostJson settings)
{
    /// <summary>The category of a worker's output.</summary>
    public const string Console = "Host.Function.Console";

    private const string Startup = "Host.Startup";

    private readonly ConcurrentQueue<HostLine> lines = new();
    private readonly ConcurrentQueue<string> printed = new();
    private readonly Lock gate = new();
    private readonly List<(Func<HostLine, bool> IsIt, TaskCompletionSource<HostLine> Seen)> waiting = [];

    /// <summary>The lines that pass the levels of <c>host.json</c>.</summary>
    public IReadOnlyCollection<HostLine> Lines => lines;

    /// <summary>All output of the worker, on both streams.</summary>
    public IReadOnlyCollection<string> Printed => printed;

    /// <summary>Waits for a line that fits.</summary>
    public Task<HostLine> WaitAsync(Func<HostLine, bool> isIt)
    {
        lock (gate)
        {
            if (lines.FirstOrDefault(isIt) is { } line) return Task.FromResult(line);
            var seen = new TaskCompletionSource<HostLine>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((isIt, seen));
            return seen.Task;
        }
    }

    /// <summary>Writes a line if it passes the levels of <c>host.json</c>.</summary>
    public void Write(LogLevel level, string category, string text)
    {
        if (!settings.IsLogged(category, level)) return;
        var line = new HostLine(level, category, text);
        lock (gate)
        {
            lines.Enqueue(line);
            foreach (var wait in waiting)
            {
                if (wait.IsIt(line)) wait.Seen.TrySetResult(line);
            }
        }
    }

    /// <summary>A timer whose schedule names a setting that is not set.</summary>
    public void Disabled(string function, string setting)
    {
        Write(LogLevel.Error, Startup, $"Error indexing method 'Functions.{function}': '%{setting}%' does not resolve to a value.");
        Write(LogLevel.Warning, Startup, $"Function 'Functions.{function}' failed indexing and will be disabled.");
    }

    /// <summary>The end of a call of a function.</summary>
    public void Executed(string function, StatusResult result)
    {
        var category = $"Function.{function}";
        if (result.Status == StatusResult.Types.Status.Success)
            Write(LogLevel.Information, category, $"Executed 'Functions.{function}' (Succeeded)");
        else
            Write(LogLevel.Error, category, $"Executed 'Functions.{function}' (Failed): {result.Exception?.Type} {result.Exception?.Message}");
    }

    /// <summary>A line of the worker on standard output.</summary>
    public void Output(string line)
    {
        printed.Enqueue(line);
        Write(LogLevel.Information, Console, line);
    }

    /// <summary>A line of the worker on standard error. Its words decide its level.</summary>
    public void Error(string line)
    {
        printed.Enqueue(line);
        Write(LevelOf(line), Console, line);
    }

    /// <summary>A log entry of the worker. Entries of a function have the function's name in their category.</summary>
    public void Worker(RpcLog log, string? function)
    {
        if (log.LogCategory == RpcLog.Types.RpcLogCategory.CustomMetric) return;
        var category = function is null ? log.Category
            : log.LogCategory == RpcLog.Types.RpcLogCategory.User ? $"Function.{function}.User"
            : $"Function.{function}";
        Write((LogLevel)log.Level, category, log.Exception is { } fault ? $"{log.Message} {fault.Message} {fault.StackTrace}" : log.Message);
    }

    private static LogLevel LevelOf(string line) =>
        line.Contains("warn", StringComparison.OrdinalIgnoreCase) ? LogLevel.Warning
        : line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("fail", StringComparison.OrdinalIgnoreCase)
            ? LogLevel.Error
            : LogLevel.Information;
}
