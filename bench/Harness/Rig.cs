using System.Text;
using System.Text.Json;

namespace Gatehouse.Bench.Harness;

/// <summary>Both servers, published in the same way into a temporary folder, and the data that the figures need.</summary>
internal sealed class Rig : IDisposable
{
    public const string ViewPath = "/v3/applications/info";

    /// <summary>The key of the facade's local caller.</summary>
    public const string OpsKey = "the key of the benchmark";

    private const string User = "bench";
    private const string Password = "bench";
    private const int AtOnce = 64;

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

    private readonly string folder;

    private Rig(string folder, Options options)
    {
        this.folder = folder;
        Options = options;
    }

    /// <summary>The project's root.</summary>
    public static string Root { get; } = FindRoot();

    public Options Options { get; }

    /// <summary>Publishes both servers.</summary>
    public static async Task<Rig> BuildAsync(Options options, CancellationToken cancellation)
    {
        var rig = new Rig(Directory.CreateTempSubdirectory("gatehouse-bench-").FullName, options);
        try
        {
            await rig.PublishAsync("src/Server", "product", cancellation);
            await rig.PublishAsync("bench/Peer", "peer", cancellation);
            return rig;
        }
        catch
        {
            rig.Dispose();
            throw;
        }
    }

    /// <summary>The path of a new folder or file in the temporary folder. It does not exist yet.</summary>
    public string NewPath(string name) => Path.Combine(folder, $"{name}-{Guid.NewGuid():N}");

    /// <summary>Starts the product over a data folder.</summary>
    /// <param name="dataFolder">The folder. It is created if it does not exist.</param>
    /// <param name="token">The token of the first request; null for any.</param>
    /// <param name="cancellation">Cancels.</param>
    public Task<ServerProcess> StartProductAsync(string dataFolder, string? token, CancellationToken cancellation) =>
        ServerProcess.StartAsync(
            Path.Combine(folder, "product", "Gatehouse.Server"),
            [],
            [
                ("Urls", "{address}"), ("Storage__Path", dataFolder),
                ("Organization__User", User), ("Organization__Password", Password), ("Ops__LocalKey", OpsKey),
            ],
            token,
            cancellation);

    /// <summary>Starts the product with a hosted platform.</summary>
    /// <param name="dataFolder">The folder.</param>
    /// <param name="upstream">The address of the platform.</param>
    /// <param name="key">The key of the local caller.</param>
    /// <param name="cancellation">Cancels.</param>
    public Task<ServerProcess> StartHostedAsync(string dataFolder, Uri upstream, string key, CancellationToken cancellation) =>
        ServerProcess.StartAsync(
            Path.Combine(folder, "product", "Gatehouse.Server"),
            [],
            [
                ("Urls", "{address}"), ("Storage__Path", dataFolder), ("Ops__LocalKey", key), ("Platform__Mode", "Hosted"),
                ("Platform__ApplicationUrl", new Uri(upstream, "/v3").ToString()),
            ],
            null,
            cancellation);

    /// <summary>Starts the peer that passes requests on.</summary>
    public Task<ServerProcess> StartPassThroughAsync(Uri upstream, CancellationToken cancellation) => ServerProcess.StartAsync(
        Path.Combine(folder, "peer", "Gatehouse.Bench.Peer"),
        ["{address}", "pass", upstream.GetLeftPart(UriPartial.Authority)], [], "", cancellation);

    /// <summary>Starts nginx as a reverse proxy, in a folder from <see cref="NewPath"/>.</summary>
    public async Task<ServerProcess> StartNginxAsync(Uri upstream, CancellationToken cancellation)
    {
        var home = Directory.CreateDirectory(NewPath("nginx")).FullName;
        var template = Path.Combine(home, "template");
        await File.WriteAllTextAsync(template, NginxConfiguration.Replace("{upstream}", upstream.Authority, StringComparison.Ordinal), cancellation);
        // nginx reads its address from a file only, and the address is chosen when the process is started.
        const string Script = """sed "s#{listen}#${2#http://}#" "$1/template" > "$1/nginx.conf" && exec nginx -p "$1" -c nginx.conf -e stderr""";
        return await ServerProcess.StartAsync("sh", ["-c", Script, "sh", home, "{address}"], [], "", cancellation);
    }

    /// <summary>Starts the peer.</summary>
    /// <param name="body">The file with the body that it answers.</param>
    /// <param name="cancellation">Cancels.</param>
    public Task<ServerProcess> StartPeerAsync(string body, CancellationToken cancellation) =>
        ServerProcess.StartAsync(Path.Combine(folder, "peer", "Gatehouse.Bench.Peer"), ["{address}", body], [], "", cancellation);

    /// <summary>Creates a data folder with applications, each with a number of secondary tokens.</summary>
    public async Task<Estate> MakeEstateAsync(int applications, int tokens, CancellationToken cancellation)
    {
        var estate = new Estate(NewPath("data"), NewPath("tokens"), NewPath("body"));
        await using var server = await StartProductAsync(estate.DataFolder, null, cancellation);
        using var http = new HttpClient { BaseAddress = server.Address };
        var newest = new string[applications];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, applications, options, async (index, cancel) =>
        {
            var name = JsonSerializer.Serialize($"Application {index:D6}");
            var created = await SendAsync(http, HttpMethod.Post, "/v3/applications", null, $$"""{"name":{{name}}}""", cancel);
            for (var token = 0; token < tokens; token++)
            {
                var issued = await SendAsync(
                    http, HttpMethod.Post, "/v3/applications/api_tokens", Member(created, "api_token"), null, cancel);
                newest[index] = Member(issued, "token");
            }
        });
        await File.WriteAllLinesAsync(estate.Tokens, newest, cancellation);
        await File.WriteAllBytesAsync(
            estate.Body, await SendAsync(http, HttpMethod.Get, ViewPath, newest[0], null, cancellation), cancellation);
        return estate;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task PublishAsync(string project, string output, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"Publishing {project}...");
        await Tool.RunAsync(
            "dotnet",
            ["publish", Path.Combine(Root, project), "-c", "Release", "-o", Path.Combine(folder, output), "-v", "quiet", "--nologo"],
            cancellation);
    }

    private static async Task<byte[]> SendAsync(
        HttpClient http, HttpMethod method, string path, string? token, string? json, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json) };
        if (token is not null) request.Headers.Add("Api-Token", token);
        else request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
        using var response = await http.SendAsync(request, cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return response.IsSuccessStatusCode
            ? body
            : throw new BenchException($"{method} {path}: {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}");
    }

    private static string Member(byte[] json, string name) => JsonElement.Parse(json).GetProperty(name).GetString()!;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Functions.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new BenchException("This must be run from within the project: there is no Functions.sln above.");
    }
}

/// <summary>The data of the figures.</summary>
/// <param name="DataFolder">The product's data folder.</param>
/// <param name="Tokens">A file with one token of each application.</param>
/// <param name="Body">A file with the answer to a request with the first token.</param>
internal sealed record Estate(string DataFolder, string Tokens, string Body)
{
    /// <summary>The first of the tokens.</summary>
    public string FirstToken => File.ReadLines(Tokens).First();
}
