namespace Gatehouse.Bench.Harness;

/// <summary>Starts servers for a figure, and stops them at its end.</summary>
internal sealed class Servers(Rig rig) : IAsyncDisposable
{
    // A timer that came due during a run would disturb it. Those that run every minute have their share of each run.
    private static readonly (string Name, string Value)[] Schedules =
    [
        .. ((string[])["AdoptSchedule", "PurgeCallsSchedule", "PushCheckSchedule", "ArchiveSchedule", "PurgeSchedule"])
            .Select(name => (name, "0 0 0 29 2 *")),
    ];

    private const string NginxConfiguration =
        """
        daemon off;
        worker_processes auto;
        error_log stderr crit;
        pid nginx.pid;
        events { worker_connections 1024; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          upstream platform { server {upstream}; keepalive 64; keepalive_requests 1000000000; }
          server {
            listen {listen};
            location / { proxy_pass http://platform; proxy_http_version 1.1; proxy_set_header Connection ""; }
          }
        }
        """;

    private readonly Stack<IAsyncDisposable> started = new();

    /// <summary>The settings of every Gatehouse.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(string dataFolder) =>
    [
        ("Storage__Path", dataFolder), ("Ops__LocalKey", Rig.OpsKey), ("Organization__User", Rig.User), ("Organization__Password", Rig.Password),
        .. Schedules,
    ];

    /// <summary>The settings of a Gatehouse with a hosted platform.</summary>
    public static IEnumerable<(string Name, string Value)> HostedSettings(string dataFolder, Uri upstream) =>
    [
        .. Settings(dataFolder).Where(setting => !setting.Name.StartsWith("Organization", StringComparison.Ordinal)),
        ("Platform__Mode", "Hosted"), ("Platform__ApplicationUrl", new Uri(upstream, "/v3").ToString()),
    ];

    /// <summary>Starts a Gatehouse.</summary>
    /// <param name="build">Which one.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <param name="token">The token of the first request; null to accept any answer.</param>
    /// <param name="probed">Whether it gets the probe.</param>
    public async Task<ServerProcess> StartGatehouseAsync(
        Build build, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellation, string? token = null, bool probed = true) =>
        await StartAsync(await Rig.PublishServerAsync(build, cancellation), [], [("Urls", "{address}"), .. settings], token, probed, cancellation);

    /// <summary>Starts the peer.</summary>
    /// <param name="arguments">What it does.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <param name="probed">Whether it gets the probe.</param>
    public async Task<ServerProcess> StartPeerAsync(IEnumerable<string> arguments, CancellationToken cancellation, bool probed = true) =>
        await StartAsync(await rig.PublishPeerAsync(cancellation), ["{address}", .. arguments], [], "", probed, cancellation);

    /// <summary>Starts nginx as a reverse proxy.</summary>
    public async Task<ServerProcess> StartNginxAsync(Uri upstream, CancellationToken cancellation)
    {
        var home = rig.NewFolder("nginx");
        var template = Path.Combine(home, "template");
        await File.WriteAllTextAsync(template, NginxConfiguration.Replace("{upstream}", upstream.Authority, StringComparison.Ordinal), cancellation);
        // nginx reads its address from a file only, and the address is chosen when the process is started.
        const string Script = """sed "s#{listen}#${2#http://}#" "$1/template" > "$1/nginx.conf" && exec nginx -p "$1" -c nginx.conf -e stderr""";
        return await StartAsync("sh", ["-c", Script, "sh", home, "{address}"], [], "", probed: false, cancellation);
    }

    /// <summary>The settings that put the probe into a process.</summary>
    /// <param name="socket">The probe's socket, a path of its own.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<IEnumerable<(string Name, string Value)>> ProbeSettingsAsync(string socket, CancellationToken cancellation) =>
        [("DOTNET_STARTUP_HOOKS", await rig.PublishProbeAsync(cancellation)), ("BENCH_PROBE", socket)];

    /// <summary>Keeps something to be disposed of with the servers.</summary>
    public T Keep<T>(T one) where T : IAsyncDisposable
    {
        started.Push(one);
        return one;
    }

    /// <summary>Stops all.</summary>
    public async ValueTask DisposeAsync()
    {
        while (started.TryPop(out var one)) await one.DisposeAsync();
    }

    private async Task<ServerProcess> StartAsync(
        string program, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> settings, string? token, bool probed,
        CancellationToken cancellation)
    {
        var probe = probed ? rig.NewPath("probe") : null;
        if (probe is not null) settings = [.. settings, .. await ProbeSettingsAsync(probe, cancellation)];
        return Keep(await ServerProcess.StartAsync(
            new ServerProgram(program, arguments, settings, rig.NewFolder("empty"), probe), token, cancellation));
    }
}
