using System.Globalization;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>What a route's text becomes in a parameter.</summary>
internal static class RouteValue
{
    /// <summary>
    /// Makes a value of this type from text, or null where the text is none; itself null where no route's text can become
    /// this type.
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
