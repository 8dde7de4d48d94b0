using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>The result of one run of the load generator.</summary>
/// <param name="Requests">The number of requests that were answered with 200.</param>
/// <param name="PerSecond">Requests per second.</param>
/// <param name="P99">The time in ms within which 99 of 100 were answered.</param>
internal sealed record Load(long Requests, double PerSecond, double P99);

/// <summary>
/// The load generator: one thread and 32 connections. Each connection sends a request after the answer to the previous one.
/// </summary>
internal static class Wrk
{
    /// <summary>Throws if wrk is not installed.</summary>
    public static void Require()
    {
        if (!Tool.IsThere("wrk"))
            throw new BenchException("The load generator wrk is missing: apt-get install wrk (Debian, Ubuntu) or brew install wrk.");
    }

    /// <summary>
    /// Sends requests with each of the tokens in turn, for some seconds. By default they view the tokens' applications.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="tokens">A file with a token on each line.</param>
    /// <param name="seconds">The duration in seconds.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <param name="path">The path of the requests.</param>
    /// <param name="header">The header for the token.</param>
    public static async Task<Load> RunAsync(
        Uri server, string tokens, int seconds, CancellationToken cancellation, string path = Rig.ViewPath, string header = "Api-Token")
    {
        var output = await Tool.RunAsync(
            "wrk",
            [
                "-t1", "-c32", $"-d{seconds}s", "-s", Path.Combine(AppContext.BaseDirectory, "Harness", "requests.lua"),
                new Uri(server, path).ToString(), "--", tokens, header,
            ],
            cancellation);
        var result = output.Split('\n').Single(line => line.StartsWith("result ", StringComparison.Ordinal)).Split(' ');
        var numbers = Array.ConvertAll(result[1..], text => long.Parse(text, CultureInfo.InvariantCulture));
        if (numbers[3] > 0) throw new BenchException($"{numbers[3]} of {numbers[0]} requests to {server} failed.");
        return new Load(numbers[0], numbers[0] * 1e6 / numbers[1], numbers[2] / 1e3);
    }
}
