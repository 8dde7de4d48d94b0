using Gatehouse.Common;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// Environment variables outside our sections that were probably meant as settings, such as <c>Platfrom__Mode</c>: the default would
/// stay in force unnoticed. Other programs have variables too, so most are only a warning.
/// </summary>
/// <param name="Doubtful">The variables to warn of, each with the setting that it resembles.</param>
public sealed record MisspeltSettings(IReadOnlyList<string> Doubtful)
{
    // A shorter word has too many neighbours that are words too.
    private const int ShortestSureSection = 5;

    /// <summary>Finds them. Call it before the defaults are added: a setting that is set was not misspelt.</summary>
    /// <exception cref="SettingException">One of them is surely misspelt: a slip within the name of a section, the exact name of a
    /// setting of that section, and this setting itself is not set.</exception>
    internal static MisspeltSettings Find(IConfiguration configuration)
    {
        var sections = GatehouseOptions.Names.Select(name => name.Split("__")[0]).Distinct().ToList();
        var doubtful = new List<string>();
        foreach (var (path, value) in configuration.AsEnumerable())
        {
            if (value is null) continue;
            if (MeantBy(path.Split(':'), sections) is not { } meant) continue;
            var (written, setting) = (path.Replace(":", "__", StringComparison.Ordinal), string.Join("__", meant));
            if (configuration[string.Join(':', meant)] is not null) continue;
            // A name without a section can be any program's.
            if (meant.Length > 1 && meant[0].Length >= ShortestSureSection && IsSlipWithin(path.Split(':')[0], meant[0]))
                throw new SettingException($"{written} is not a setting. Did you mean {setting}?");
            doubtful.Add($"{written} ({setting})");
        }
        return new MisspeltSettings([.. doubtful.Order(StringComparer.OrdinalIgnoreCase)]);
    }

    // The path of the setting that a variable resembles; null for none.
    private static string[]? MeantBy(string[] path, List<string> sections)
    {
        if (path.Length == 1) return JoinedName(path[0]) ?? SingleName(path[0]);
        if (sections.Contains(path[0], StringComparer.OrdinalIgnoreCase)) return null;
        string[]? meant = NearestName.Of(path[0], sections) is { } section ? [section, .. path[1..]] : null;
        return meant is not null && SettingNames.IsKnown(meant, GatehouseOptions.Names) ? meant : null;
    }

    // One underscore instead of two: Storage_Path.
    private static string[]? JoinedName(string name) =>
        GatehouseOptions.Names.FirstOrDefault(known => known.Replace("__", "_", StringComparison.Ordinal)
            .Equals(name, StringComparison.OrdinalIgnoreCase))?.Split("__");

    // A schedule, or another setting without a section.
    private static string[]? SingleName(string name)
    {
        var names = KnownSettings.Names.Where(known => !known.Contains("__", StringComparison.Ordinal)).ToList();
        return names.Contains(name, StringComparer.OrdinalIgnoreCase) ? null
            : names.FirstOrDefault(known => IsSlipWithin(name, known)) is { } meant ? [meant] : null;
    }

    /// <summary>
    /// Whether a word is another one with one character inserted, left out or replaced, or two neighbours swapped, and neither at its
    /// start nor at its end: Alert and Alerts are two words.
    /// </summary>
    internal static bool IsSlipWithin(string word, string known)
    {
        var (one, other) = (word.ToUpperInvariant(), known.ToUpperInvariant());
        var start = one.AsSpan().CommonPrefixLength(other);
        var end = 0;
        while (end < Math.Min(one.Length, other.Length) - start && one[^(end + 1)] == other[^(end + 1)]) end++;
        if (start == 0 || end == 0) return false;
        return (one[start..^end], other[start..^end]) switch
        {
            ({ Length: 0 }, { Length: 1 }) or ({ Length: 1 }, { Length: 0 or 1 }) => true,
            ({ Length: 2 } written, { Length: 2 } right) => written[0] == right[1] && written[1] == right[0],
            _ => false,
        };
    }
}
