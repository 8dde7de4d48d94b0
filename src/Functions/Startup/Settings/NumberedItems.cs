using System.Globalization;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// Lists in options. They are dictionaries by number, because the binder closes gaps in a list: an error would then name
/// another item than the one that the operator wrote.
/// </summary>
internal static class NumberedItems
{
    /// <summary>The type of the items; null if the type is not such a list.</summary>
    public static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? type.GetGenericArguments()[1] : null;

    /// <summary>What is wrong with the numbers of a list; null if they are 0, 1, 2 and so on.</summary>
    public static string? GapIn<T>(Dictionary<string, T> items, string name)
    {
        for (var index = 0; index < items.Count; index++)
        {
            if (!items.ContainsKey(Key(index))) return $"{name}__{index} must be set, as there is another after it.";
        }
        return null;
    }

    /// <summary>The items of a list without gaps.</summary>
    public static IEnumerable<T> InOrder<T>(this Dictionary<string, T> items) =>
        Enumerable.Range(0, items.Count).Select(index => items[Key(index)]);

    private static string Key(int index) => index.ToString(CultureInfo.InvariantCulture);
}
