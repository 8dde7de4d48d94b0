using System.Globalization;

namespace Gatehouse.Server.Http;

/// <summary>Converts route values to parameter types, as the Functions worker does.</summary>
internal static class RouteValue
{
    /// <summary>
    /// A function that converts text to this type and returns null for text that cannot be converted. Null itself if route
    /// values cannot be converted to this type at all.
    /// </summary>
    public static Func<string, object?>? ParserOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return text => text;
        if (type == typeof(int)) return text => int.TryParse(text, Integer, Invariant, out var value) ? value : null;
        if (type == typeof(long)) return text => long.TryParse(text, Integer, Invariant, out var value) ? value : null;
        if (type == typeof(double)) return text => double.TryParse(text, Number, Invariant, out var value) ? value : null;
        if (type == typeof(bool)) return text => bool.TryParse(text, out var value) ? value : null;
        if (type == typeof(Guid)) return text => Guid.TryParse(text, out var value) ? value : null;
        return null;
    }

    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;
    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
}
