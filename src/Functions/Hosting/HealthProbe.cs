using System.Net;

namespace Gatehouse.Functions.Hosting;

/// <summary>
/// Asks the Gatehouse that runs on this machine whether it is alive: what <c>--health</c> does, for images that have nothing else
/// to ask with.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The argument that asks for it.</summary>
    public const string Argument = "--health";

    private const string Path = "/health/live";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Exit code 0 where it answers 200 at the first address of <c>Urls</c>, and 1 otherwise.</summary>
    public static async Task<int> RunAsync()
    {
        var address = (Environment.GetEnvironmentVariable("Urls") ?? "http://127.0.0.1:7071").Split(';')[0];
        try
        {
            using var http = new HttpClient { Timeout = Patience };
            using var answer = await http.GetAsync(OnThisMachine(address));
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    // What listens at every address is asked at this machine's own.
    private static Uri OnThisMachine(string address)
    {
        var uri = new UriBuilder(address.Replace("*", "0.0.0.0", StringComparison.Ordinal).Replace("+", "0.0.0.0", StringComparison.Ordinal)) { Path = Path };
        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))) uri.Host = "127.0.0.1";
        return uri.Uri;
    }
}
