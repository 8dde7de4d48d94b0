using System.Text.Json;

namespace Gatehouse.Bench.Harness;

/// <summary>
/// A steady writer beside the load: issues secondary tokens and revokes them. The peer gets the same requests and answers fixed bytes,
/// so that the client costs both sides the same.
/// </summary>
internal static class TokenWriter
{
    private const string Path = "/v3/applications/api_tokens";
    private const int RequestsPerSecond = 50;

    // Two commits a request.
    private const double LeastRate = 45;

    /// <summary>The writer, with the master tokens of a file, in turns.</summary>
    public static Beside Of(Func<LoadedSide, string> masters) =>
        new("issued and revoked tokens/s beside it", (side, seconds, cancellation) => RunAsync(side.Address, masters(side), seconds, cancellation), Target.ValueAtLeast(LeastRate));

    private static async Task<double> RunAsync(Uri server, string file, int seconds, CancellationToken cancellation)
    {
        var masters = await File.ReadAllLinesAsync(file, cancellation);
        using var client = new Client(server);
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(2.0 / RequestsPerSecond));
        var requests = 0;
        for (var pair = 0; pair < seconds * RequestsPerSecond / 2 && await pace.WaitForNextTickAsync(cancellation); pair++)
        {
            var master = masters[pair % masters.Length];
            var issued = await client.PlatformAsync(HttpMethod.Post, Path, master, cancellation);
            await client.PlatformAsync(HttpMethod.Delete, $"{Path}/{TokenOf(issued) ?? master}", master, cancellation);
            requests += 2;
        }
        return requests / (double)seconds;
    }

    // The peer's fixed answer is an application.
    private static string? TokenOf(byte[] answer) =>
        JsonElement.Parse(answer).TryGetProperty("token", out var token) ? token.GetString() : null;
}
