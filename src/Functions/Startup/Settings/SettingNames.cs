using System.Reflection;
using Gatehouse.Common;
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
            if (value is null || segments.Length == 1 || IsKnown(segments, names)) continue;
            throw new SettingException(
                Nearest(string.Join("__", segments), names) is { } nearest
                    ? $"{string.Join("__", segments)} is not a setting. Did you mean {nearest}?"
                    : $"{string.Join("__", segments)} is not a setting; under {section.Key} there is {string.Join(" and ", names)}.");
        }
    }

    /// <summary>The setting that was probably meant by an unknown name; null where none is near.</summary>
    /// <param name="name">The unknown name, with its numbers.</param>
    /// <param name="known">The names of settings. In the one that is returned, N and M are the numbers of the unknown name.</param>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        var segments = name.Split("__");
        var used = Numbers.AsEnumerable().GetEnumerator();
        var numbers = new List<string>();
        for (var index = 1; index < segments.Length; index++)
        {
            if (segments[index].Length == 0 || !segments[index].All(char.IsAsciiDigit) || !used.MoveNext()) continue;
            numbers.Add(segments[index]);
            segments[index] = used.Current;
        }
        // In a long name, one wrong word is a small part of it. So each word must be near, and a number may be missing. Where the words
        // are not divided at all, as in StoragePath, the whole name must be near.
        var words = Words(segments);
        var candidates = known.Where(one => segments.Length == 1 || (Words(one.Split("__")) is var others && others.Length == words.Length
            && others.Zip(words).All(pair => NearestName.Of(pair.Second, [pair.First]) is not null)));
        if (NearestName.Of(string.Join("__", segments), candidates) is not { } nearest) return null;
        var left = new Queue<string>(numbers);
        return string.Join("__", nearest.Split("__").Select(part => Numbers.Contains(part) && left.TryDequeue(out var number) ? number : part));
    }

    private static string[] Words(string[] segments) => [.. segments.Where(segment => !Numbers.Contains(segment))];

    /// <summary>Whether a path, such as Ops, Callers, 0 and Name, is that of a setting.</summary>
    public static bool IsKnown(string[] path, IEnumerable<string> known) => known.Any(name => Matches(name.Split("__"), path));

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
