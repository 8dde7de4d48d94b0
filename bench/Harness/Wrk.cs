using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>What the load generator sends.</summary>
/// <param name="Credentials">A file with a credential on each line. They are sent in turns.</param>
internal sealed record Requests(string Credentials)
{
    /// <summary>The path.</summary>
    public string Path { get; init; } = Rig.ViewPath;

    /// <summary>The header for the credential.</summary>
    public string Header { get; init; } = "Api-Token";

    /// <summary>A file with the body, which makes each request a POST; null for a GET.</summary>
    public string? Body { get; init; }

    /// <summary>The type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The number of connections. Each sends a request after the answer to its previous one.</summary>
    public int Connections { get; init; } = 32;
}

/// <summary>The result of one run of the load generator.</summary>
/// <param name="Requests">The number of requests that were answered with success.</param>
/// <param name="PerSecond">Requests per second.</param>
/// <param name="P99">The time in ms within which 99 of 100 were answered.</param>
internal sealed record Load(long Requests, double PerSecond, double P99);

/// <summary>The load generator, with one thread.</summary>
internal static class Wrk
{
    /// <summary>Throws if wrk is not installed.</summary>
    public static void Require()
    {
        if (!Tool.IsThere("wrk"))
            throw new BenchException("The load generator wrk is missing: apt-get install wrk (Debian, Ubuntu) or brew install wrk.");
    }

    /// <summary>Sends requests for some seconds.</summary>
    public static async Task<Load> RunAsync(Uri server, Requests requests, int seconds, CancellationToken cancellation)
    {
        string[] body = requests.Body is null ? [] : [requests.Body, requests.ContentType];
        var output = await Tool.RunAsync(
            "wrk",
            [
                "-t1", $"-c{requests.Connections}", $"-d{seconds}s", "-s",
                Path.Combine(AppContext.BaseDirectory, "Harness", "requests.lua"), new Uri(server, requests.Path).ToString(), "--",
                requests.Credentials, requests.Header, .. body,
            ],
            cancellation);
        var result = output.Split('\n').Single(line => line.StartsWith("result ", StringComparison.Ordinal)).Split(' ');
        var numbers = Array.ConvertAll(result[1..], text => long.Parse(text, CultureInfo.InvariantCulture));
        if (numbers[3] > 0) throw new BenchException($"{numbers[3]} of {numbers[0]} requests to {server} failed.");
        return new Load(numbers[0], numbers[0] * 1e6 / numbers[1], numbers[2] / 1e3);
    }
}
