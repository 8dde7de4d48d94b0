using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>What one run of the load generator gave.</summary>
/// <param name="Requests">How many requests were answered, each with 200.</param>
/// <param name="PerSecond">How many in a second.</param>
/// <param name="P99">The time in ms within which 99 of 100 were answered.</param>
internal sealed record Load(long Requests, double PerSecond, double P99);

/// <summary>The load generator: one thread, 32 connections, on each of which a request follows the answer to the last.</summary>
internal static class Wrk
{
    /// <summary>Says what to install where it is missing.</summary>
    public static void Require()
    {
        if (!Tool.IsThere("wrk"))
            throw new BenchException("The load generator wrk is missing: apt-get install wrk (Debian, Ubuntu) or brew install wrk.");
    }

    /// <summary>Asks with each of the tokens in turns, for some seconds: views their applications, unless given another path.</summary>
    /// <param name="server">Where.</param>
    /// <param name="tokens">A file with a token on each line.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="path">What to ask for.</param>
    /// <param name="header">The header that a token is sent in.</param>
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
