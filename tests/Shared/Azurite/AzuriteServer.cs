using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gatehouse.Tests.Azurite;

/// <summary>
/// Azurite's Table service as a process on a free port of this machine. It ends with the test process, however that ends.
/// </summary>
internal sealed class AzuriteServer : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    // Installed by npm when it is first needed.
    private const string Package = "tests/azurite";

    private static readonly Lazy<Task<AzuriteServer>> SharedServer = new(() => StartAsync());

    private readonly ConcurrentQueue<string> output = new();
    private readonly string? folder;
    private readonly TemporaryFolder ownFolder = new();
    private Process process;
    private int accounts;

    private AzuriteServer(string? folder, int port)
    {
        this.folder = folder;
        Port = port;
        process = Launch();
    }

    /// <summary>The server shared by the tests of this assembly, in memory. Each test uses an account of its own.</summary>
    public static Task<AzuriteServer> Shared => SharedServer.Value;

    /// <summary>Its port, which it keeps when it is started again.</summary>
    public int Port { get; }

    /// <summary>Starts a server of the test's own: in memory, or with its data in a folder.</summary>
    public static async Task<AzuriteServer> StartAsync(string? folder = null)
    {
        await NodePackages.RestoreAsync(Package);
        while (true)
        {
            var server = new AzuriteServer(folder, FreePort());
            if (await server.IsServingAsync()) return server;
            var said = string.Join('\n', server.output);
            await server.DisposeAsync();
            // Another process has taken the port.
            if (!said.Contains("EADDRINUSE", StringComparison.Ordinal)) throw new InvalidOperationException($"Azurite did not start: {said}");
        }
    }

    /// <summary>The connection string of an account that no other test uses.</summary>
    public string NewAccount() => ConnectionString(Interlocked.Increment(ref accounts));

    /// <summary>The same, of the first account and through a proxy's port, where given.</summary>
    public string ConnectionString(int account = 0, int? port = null)
    {
        if (account >= Accounts.Count) throw new InvalidOperationException("More accounts are needed than Azurite was started with.");
        var (name, key) = Accounts[account];
        return $"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};TableEndpoint=http://127.0.0.1:{port ?? Port}/{name};";
    }

    /// <summary>Kills it (SIGKILL).</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Stops it cleanly, so that everything it answered is in its folder.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync();
        using var timeout = new CancellationTokenSource(Timeout);
        await process.WaitForExitAsync(timeout.Token);
    }

    /// <summary>Starts it again, on the same port and over the same folder.</summary>
    public async Task RestartAsync()
    {
        process.Dispose();
        output.Clear();
        process = Launch();
        if (!await IsServingAsync()) throw new InvalidOperationException($"Azurite did not start again: {string.Join('\n', output)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
        ownFolder.Dispose();
    }

    // All accounts of a run share one random key.
    private static readonly IReadOnlyList<(string Name, string Key)> Accounts =
        [.. Enumerable.Range(0, 1000).Select(number => ($"account{number}", Convert.ToBase64String(new byte[32])))];

    private Process Launch()
    {
        var start = new ProcessStartInfo("node",
        [
            "--require", Repository.PathOf($"{Package}/with-parent.js"),
            Repository.PathOf($"{Package}/node_modules/azurite/dist/src/table/main.js"),
            "--tableHost", "127.0.0.1", "--tablePort", $"{Port}", "--silent", "--disableTelemetry",
            .. folder is null ? new[] { "--inMemoryPersistence" } : ["--location", folder],
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? ownFolder.Path,
        };
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', Accounts.Select(account => $"{account.Name}:{account.Key}"));
        var launched = Process.Start(start) ?? throw new InvalidOperationException("node does not start.");
        launched.OutputDataReceived += (_, line) => Keep(line.Data);
        launched.ErrorDataReceived += (_, line) => Keep(line.Data);
        launched.BeginOutputReadLine();
        launched.BeginErrorReadLine();
        return launched;
    }

    private void Keep(string? line)
    {
        if (line is not null) output.Enqueue(line);
    }

    private async Task<bool> IsServingAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!process.HasExited && waited.Elapsed < Timeout)
        {
            // In memory it does not report that it is ready, but it listens only then.
            if (await ListensAsync()) return !process.HasExited;
            await Task.Delay(20);
        }
        return false;
    }

    private async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
