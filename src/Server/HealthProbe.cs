using System.Net;
using Gatehouse.Functions.Startup;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Server.Invocation;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server;

/// <summary>
/// Checks whether the server on this machine is alive: <c>--health</c>, for container images without curl. It reads <c>Urls</c> where
/// the server reads it, so it takes the server's own settings.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The command-line argument that runs it.</summary>
    public const string Argument = "--health";

    private const string Path = "/health/live";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>Whether the arguments ask for it.</summary>
    public static bool IsAsked(string[] args) => args.Contains(Argument, StringComparer.OrdinalIgnoreCase);

    /// <summary>Exit code 0 if one of the addresses of <c>Urls</c> answers 200, otherwise 1.</summary>
    /// <param name="args">The arguments, with settings as at the start of the server.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        string urls;
        try
        {
            string[] settings = [.. args.Where(one => !one.Equals(Argument, StringComparison.OrdinalIgnoreCase))];
            urls = ServerUrls.Of(new ConfigurationBuilder().AddEnvironmentVariables()
                .AddInMemoryCollection(CommandLine.ReadSettings(settings, KnownSettings.Contains)).Build());
        }
        catch (FunctionStartException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
        // A proxy of the environment is not asked for this machine.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout };
        var faults = await Task.WhenAll(ServerUrls.Split(urls).Select(address => FaultAsync(http, address)));
        if (faults.Contains(null)) return 0;
        foreach (var fault in faults) await Console.Error.WriteLineAsync(fault);
        return 1;
    }

    // What is wrong at an address; null for nothing.
    private static async Task<string?> FaultAsync(HttpClient http, string address)
    {
        if (ListenAddress.OnThisMachine(address) is not { } uri) return $"error: '{address}' is not an address such as http://127.0.0.1:7071.";
        try
        {
            using var answer = await http.GetAsync(new Uri(uri, Path), HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode == HttpStatusCode.OK ? null : $"error: {address} answers {(int)answer.StatusCode}.";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or NotSupportedException)
        {
            return $"error: {address} does not answer: {e.Message}";
        }
    }
}
