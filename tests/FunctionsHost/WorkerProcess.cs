using System.Diagnostics;

namespace Gatehouse.FunctionsHost;

/// <summary>A published worker as a process.</summary>
internal sealed class WorkerProcess : IWorker
{
    // The only variables of this machine that a worker gets, in addition to the app's settings.
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "DOTNET_CLI_HOME", "LD_LIBRARY_PATH"];

    private readonly Process process;

    private WorkerProcess(Process process, Task<int> exited)
    {
        this.process = process;
        Exited = exited;
    }

    public int? ProcessId => process.Id;

    public Task<int> Exited { get; }

    public Task<Uri?> HttpAddressAsync() => Task.FromResult<Uri?>(null);

    /// <summary>Starts the worker of this folder.</summary>
    public static WorkerProcess Start(string folder, string assembly, WorkerStart worker)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, assembly), .. worker.Arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment.Clear();
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value) start.Environment[name] = value;
        }
        foreach (var (name, value) in worker.Environment) start.Environment[name] = value;

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Take(line.Data, worker.Output);
        process.ErrorDataReceived += (_, line) => Take(line.Data, worker.Error);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new WorkerProcess(process, ExitAsync(process));
    }

    public void Kill()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        process.Dispose();
    }

    // This also waits until both streams have been read completely.
    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static void Take(string? line, Action<string> take)
    {
        if (line is not null) take(line);
    }
}
