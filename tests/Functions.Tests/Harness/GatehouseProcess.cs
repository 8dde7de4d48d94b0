using System.Collections.Concurrent;
using System.Diagnostics;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The application as a process, as a user starts it.</summary>
internal sealed class GatehouseProcess : IDisposable
{
    /// <summary>The setting by which a worker knows that a Functions host has started it.</summary>
    public static readonly (string Name, string Value) UnderFunctionsHost = (WorkerHead.ApplicationDirectory, "/home/site/wwwroot");

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    // A shell starts its background jobs with SIGINT ignored, and children inherit that: then .NET would ignore it too.
    private static readonly string[] Launcher = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : ["dotnet"];

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly TaskCompletionSource<Uri?> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatehouseProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) errors.Enqueue(line.Data);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its lines on standard output so far.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>Its lines on standard error so far.</summary>
    public IReadOnlyCollection<string> Errors => errors;

    public int Id => process.Id;

    /// <summary>Starts the process with these settings over the defaults, without the other variables of this machine.</summary>
    public static GatehouseProcess Start(params (string Name, string Value)[] settings) => Run([], settings);

    /// <summary>The same with arguments.</summary>
    public static GatehouseProcess Run(string[] arguments, params (string Name, string Value)[] settings) => Run(Launcher, arguments, settings);

    /// <summary>
    /// Starts the process with a folder on a file system of its own, of a few MiB; null where this machine does not allow that. From
    /// outside, the folder is at <see cref="Seen"/>.
    /// </summary>
    public static GatehouseProcess? TryStartOnSmallDisk(string folder, params (string Name, string Value)[] settings)
    {
        string[] mounting =
        [
            "unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && shift 2 && exec \"$@\"", "sh", "6m", folder,
        ];
        if (!OperatingSystem.IsLinux()) return null;
        using var trial = Process.Start(new ProcessStartInfo("env", [.. mounting, "true"]) { RedirectStandardError = true })!;
        trial.WaitForExit();
        return trial.ExitCode == 0 ? Run(["env", "--default-signal=INT", .. mounting, "dotnet"], [], settings) : null;
    }

    /// <summary>The path from outside of a file that the process sees.</summary>
    public string Seen(string path) => $"/proc/{process.Id}/root{path}";

    private static GatehouseProcess Run(string[] launcher, string[] arguments, (string Name, string Value)[] settings)
    {
        string[] command = [.. launcher, Path.Combine(AppContext.BaseDirectory, "Gatehouse.Server.dll"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        string[] own =
        [
            "Urls", "ASPNETCORE_URLS", "Storage__Path", "Storage__Provider", "Storage__ConnectionString", "Storage__TableEndpoint",
            "Organization__User", "Organization__Password", "Ops__LocalKey", WorkerHead.ApplicationDirectory,
        ];
        foreach (var name in own) start.Environment.Remove(name);
        start.Environment["Urls"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return new GatehouseProcess(new Process { StartInfo = start });
    }

    /// <summary>Starts the process, with the test's credentials, and waits until it serves.</summary>
    public static async Task<(GatehouseProcess Process, PlatformClient Api)> ServeAsync(
        string folder, params (string Name, string Value)[] settings)
    {
        var process = Start(
        [
            ("Storage__Path", folder),
            ("Organization__User", RunningGatehouse.User), ("Organization__Password", RunningGatehouse.Password),
            ("Ops__LocalKey", RunningGatehouse.OpsKey),
            .. settings,
        ]);
        return (process, new PlatformClient(await process.AddressAsync(), RunningGatehouse.User, RunningGatehouse.Password));
    }

    /// <summary>Waits until it serves, and returns its address.</summary>
    public async Task<Uri> AddressAsync() =>
        await address.Task.WaitAsync(Timeout)
        ?? throw new InvalidOperationException($"Gatehouse did not start: {string.Join('\n', errors)}");

    /// <summary>Waits until its output contains this text, and returns the output.</summary>
    public async Task<string> OutputAsync(string text)
    {
        await Waiting.UntilAsync(() => output.Any(line => line.Contains(text, StringComparison.Ordinal)));
        return string.Join('\n', output);
    }

    /// <summary>Waits until it ends, and returns its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        await process.WaitForExitAsync(timeout.Token);
        return process.ExitCode;
    }

    /// <summary>Kills it at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await ExitAsync();
    }

    /// <summary>Sends it a signal by name, such as <c>TERM</c>.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private void Read(string? line)
    {
        const string Greeting = "Gatehouse is at ";
        if (line is null)
        {
            address.TrySetResult(null);
            return;
        }
        output.Enqueue(line);
        if (line.StartsWith(Greeting, StringComparison.Ordinal)) address.TrySetResult(new Uri(line[Greeting.Length..].Split(' ')[0]));
    }
}
