using System.Globalization;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The peak resident memory of another process, from Linux (proc(5)).</summary>
internal static class PeakMemory
{
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>The growth of the process in bytes, at its peak, during an operation.</summary>
    public static async Task<long> GrowthAsync(int process, Func<Task> work)
    {
        // "5" resets the peak to the current resident memory.
        await File.WriteAllTextAsync($"/proc/{process}/clear_refs", "5");
        var before = Read(process, "VmRSS:");
        await work();
        return Read(process, "VmHWM:") - before;
    }

    private static long Read(int process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
