using System.Globalization;

namespace Gatehouse.Server.Http;

/// <summary>How many connections the process can hold without running out of file descriptors.</summary>
internal static class ConnectionLimit
{
    private const string Limits = "/proc/self/limits";
    private const string OpenFiles = "Max open files";
    private const int Least = 32;

    /// <summary>Three quarters of the process's limit of open files; null where there is no limit, or it is not known.</summary>
    public static long? OfThisProcess() => File.Exists(Limits) ? Read(File.ReadAllLines(Limits)) : null;

    /// <summary>Reads the lines of <c>/proc/self/limits</c> (proc(5)): the limit's name, then its soft and its hard value.</summary>
    internal static long? Read(IEnumerable<string> lines)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(OpenFiles, StringComparison.Ordinal));
        var soft = line?[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files)
            ? Math.Max(Least, files / 4 * 3)
            : null;
    }
}
