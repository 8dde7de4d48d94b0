using System.Globalization;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The resident memory of another process at its highest, as Linux keeps it (proc(5)).</summary>
internal static class PeakMemory
{
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>By how many bytes the process grows, at its highest, while something is done.</summary>
    public static async Task<long> GrowthAsync(int process, Func<Task> work)
    {
        // "5" resets the peak to what is resident now.
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
