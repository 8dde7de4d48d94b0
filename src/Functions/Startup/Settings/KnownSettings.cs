namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The settings of the application, for a head that reads them from a command line.</summary>
public static class KnownSettings
{
    // Sections of .NET and of OpenTelemetry, whose names are not ours.
    private static readonly string[] ForeignPrefixes = ["Logging:", "OTEL_"];

    /// <summary>The names of all settings, as an environment variable writes them. N and M stand for the number of an item.</summary>
    public static IEnumerable<string> Names => [.. GatehouseSettings.Names, .. ServerNames];

    // What only the server reads: a Functions host sets the address and the time for a stop.
    private static string[] ServerNames => [nameof(EnvironmentOptions.Urls), "ShutdownSeconds"];

    /// <summary>The setting that was probably meant by an unknown name; null where none is near.</summary>
    /// <param name="name">The unknown name, with <c>:</c> or <c>__</c> between its parts.</param>
    public static string? Nearest(string name) =>
        SettingNames.Nearest(name.Replace(":", "__", StringComparison.Ordinal), Names);

    /// <summary>
    /// Whether there is a setting of this name, with <c>:</c> between its parts. The names within our own sections are checked
    /// when these are bound.
    /// </summary>
    public static bool Contains(string name)
    {
        var parts = name.Split(':');
        return Names.Any(known => known.Contains("__", StringComparison.Ordinal)
                ? parts.Length > 1 && parts[0].Equals(known.Split("__")[0], StringComparison.OrdinalIgnoreCase)
                : name.Equals(known, StringComparison.OrdinalIgnoreCase))
            || ForeignPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }
}
