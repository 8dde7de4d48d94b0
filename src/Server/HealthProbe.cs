using System.Net;

namespace Gatehouse.Server;

/// <summary>
/// Checks whether the server on this machine is alive: <c>--health</c>, for container images without curl.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The command-line argument that runs it.</summary>
    public const string Argument = "--health";

    private const string Path = "/health/live";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>Exit code 0 if the first address of <c>Urls</c> answers 200, otherwise 1.</summary>
    public static async Task<int> RunAsync()
    {
        var address = (Environment.GetEnvironmentVariable("Urls") ?? "http://127.0.0.1:7071").Split(';')[0];
        try
        {
            using var http = new HttpClient { Timeout = Timeout };
            using var answer = await http.GetAsync(OnThisMachine(address));
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    // A server that listens on all addresses is called on loopback.
    private static Uri OnThisMachine(string address)
    {
        var uri = new UriBuilder(address.Replace("*", "0.0.0.0", StringComparison.Ordinal).Replace("+", "0.0.0.0", StringComparison.Ordinal)) { Path = Path };
        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))) uri.Host = "127.0.0.1";
        return uri.Uri;
    }
}
