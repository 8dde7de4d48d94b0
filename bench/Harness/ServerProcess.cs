using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gatehouse.Bench.Harness;

/// <summary>How to start a server.</summary>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments; <c>{address}</c> stands for the address to listen on.</param>
/// <param name="Settings">Its settings, as environment variables.</param>
/// <param name="Folder">Its working directory, which is empty: ASP.NET Core can watch it with all that is below it.</param>
/// <param name="Probe">The socket of its probe. Null for a process without one.</param>
internal sealed record ServerProgram(
    string File, IEnumerable<string> Arguments, IEnumerable<(string Name, string Value)> Settings, string Folder, string? Probe);

/// <summary>A server, as a process on a free port of this machine.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    // Short enough to measure a start of some 100 ms, long enough not to slow it down.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly Process process;
    private readonly StringBuilder output = new();

    private ServerProcess(Process process, Uri address, string? probe)
    {
        this.process = process;
        Address = address;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        Meter = new ProcessMeter(process.Id, probe);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its address.</summary>
    public Uri Address { get; }

    /// <summary>The time from the start of the process to the end of the first answer.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>Measures it.</summary>
    public ProcessMeter Meter { get; }

    /// <summary>Starts a server and waits for its first 200.</summary>
    /// <param name="program">How to start it.</param>
    /// <param name="token">The token of the first request; null to accept any answer.</param>
    /// <param name="cancellation">Cancels.</param>
    public static async Task<ServerProcess> StartAsync(ServerProgram program, string? token, CancellationToken cancellation)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        string Fill(string text) => text.Replace("{address}", address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        var start = new ProcessStartInfo(program.File, program.Arguments.Select(Fill))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program.Folder,
        };
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in program.Settings) start.Environment[name] = Fill(value);

        var request = Encoding.ASCII.GetBytes(
            $"GET {Rig.ViewPath} HTTP/1.1\r\nHost: {address.Authority}\r\n{(token is null ? "" : $"Api-Token: {token}\r\n")}\r\n");
        var began = Stopwatch.GetTimestamp();
        var server = new ServerProcess(new Process { StartInfo = start }, address, program.Probe);
        try
        {
            while (!await AnswersAsync(address, request, anything: token is null, cancellation))
            {
                if (server.process.HasExited || Stopwatch.GetElapsedTime(began) > Timeout)
                    throw new BenchException($"{program.File} does not serve:\n{server.output}");
                await Task.Delay(Pause, cancellation);
            }
            server.StartTime = Stopwatch.GetElapsedTime(began);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it cleanly if possible, so that the next start has nothing to repair.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }
        process.Dispose();
    }

    // Settings in the caller's environment must not change the figures.
    private static bool IsSetting(string name) =>
        name is "Urls"
        || (name.StartsWith("DOTNET_", StringComparison.Ordinal) && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal))
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || name.Contains("__", StringComparison.Ordinal);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AnswersAsync(Uri address, byte[] request, bool anything, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            await socket.SendAsync(request, cancellation);
            var answer = new byte[4096];
            var length = await socket.ReceiveAsync(answer, cancellation);
            return answer.AsSpan(0, length).StartsWith(anything ? "HTTP/1.1 "u8 : "HTTP/1.1 200 "u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.AppendLine(line.Data);
    }
}
