using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Gatehouse.Bench.Harness;

/// <summary>Measures a process.</summary>
/// <param name="id">The process.</param>
/// <param name="probe">The socket of its probe. Null for a process without one.</param>
internal sealed class ProcessMeter(int id, string? probe)
{
    private const double KibPerMib = 1024;

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            using var process = Process.GetProcessById(id);
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident memory in MiB.</summary>
    public double ResidentMemory => Memory("VmRSS:");

    /// <summary>The most resident memory that it ever had, in MiB.</summary>
    public double PeakMemory => Memory("VmHWM:");

    /// <summary>Asks the probe. Returns null if the process has none.</summary>
    public async Task<ProbeReading?> ReadProbeAsync(CancellationToken cancellation)
    {
        if (probe is null) return null;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(probe), cancellation);
        using var reader = new StreamReader(new NetworkStream(socket));
        return ProbeReading.Parse(await reader.ReadToEndAsync(cancellation));
    }

    // proc(5); in KiB.
    private double Memory(string name) => File.ReadLines($"/proc/{id}/status")
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / KibPerMib)
        .Single();
}

/// <summary>What the probe in a process says (<c>Probe/</c>).</summary>
/// <param name="Allocated">The bytes that were allocated since the start.</param>
/// <param name="Compiled">The methods that were compiled since the start.</param>
/// <param name="Commits">The commits of the process's stores, the local vault included.</param>
/// <param name="Tables">The commits by table, the vault left out. Only of a process that was started with details.</param>
/// <param name="Runs">The jobs that have ended. Only of a process that was started with details.</param>
internal sealed record ProbeReading(
    long Allocated, long Compiled, long Commits, IReadOnlyDictionary<string, long> Tables,
    IReadOnlyList<(string Job, string Outcome, double Seconds)> Runs)
{
    public static ProbeReading Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToLookup(words => words[0]);
        return new(
            Number(lines["allocated"].Single()[1]), Number(lines["compiled"].Single()[1]), Number(lines["commits"].Single()[1]),
            lines["table"].ToDictionary(words => words[1], words => Number(words[2])),
            [.. lines["run"].Select(words => (words[1], words[2], double.Parse(words[3], CultureInfo.InvariantCulture)))]);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
