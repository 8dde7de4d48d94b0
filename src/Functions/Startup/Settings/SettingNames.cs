using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The names of settings, which are the public properties of their options.</summary>
internal static class SettingNames
{
    // Stand for the number of an item: Ops__Callers__N__Roles__M.
    private static readonly string[] Numbers = ["N", "M"];

    /// <summary>The names of a type's settings, as an environment variable writes them.</summary>
    public static IReadOnlyList<string> Of(Type options) => [.. Names(options, [])];

    /// <summary>Refuses a value under a name that no setting of this section has.</summary>
    /// <remarks>
    /// The binder also refuses unknown names, but does not say where they are. It ignores a value beside a section's members
    /// and the name of an item that is not a number.
    /// </remarks>
    /// <exception cref="SettingException">There is one.</exception>
    public static void RefuseUnknown(IConfigurationSection section, IReadOnlyList<string> names)
    {
        foreach (var (path, value) in section.AsEnumerable())
        {
            var segments = path.Split(':');
            if (value is null || segments.Length == 1 || names.Any(name => Matches(name.Split("__"), segments))) continue;
            throw new SettingException(
                $"{string.Join("__", segments)} is not a setting; under {section.Key} there is {string.Join(" and ", names)}.");
        }
    }

    private static IEnumerable<string> Names(Type type, IReadOnlyList<string> path)
    {
        if (type == typeof(string)) return [string.Join("__", path)];
        if (NumberedItems.ItemOf(type) is { } item) return Names(item, [.. path, Numbers[path.Count(Numbers.Contains)]]);
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SelectMany(property => Names(property.PropertyType, [.. path, property.Name]));
    }

    private static bool Matches(string[] name, string[] path) =>
        name.Length == path.Length && name.Zip(path).All(pair => Numbers.Contains(pair.First)
            ? pair.Second.All(char.IsAsciiDigit)
            : pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
}
