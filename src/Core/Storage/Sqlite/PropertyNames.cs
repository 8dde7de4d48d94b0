using System.Text;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Names of properties. Rows share one string for each name, because there are dozens of names and millions of rows. A new name
/// replaces the name in its place, so there are at most <see cref="Places"/>.
/// </summary>
internal static class PropertyNames
{
    private const int Places = 1024;

    private static readonly string?[] Names = new string?[Places];

    /// <summary>The name with these ASCII bytes.</summary>
    /// <exception cref="RowFormatException">They are not a property's name.</exception>
    public static string Get(ReadOnlySpan<byte> ascii)
    {
        ref var place = ref Names[Hash(ascii) % Places];
        var known = place;
        if (known is not null && Ascii.Equals(ascii, known)) return known;

        var name = Encoding.Latin1.GetString(ascii);
        if (!TableLimits.IsPropertyName(name)) throw new RowFormatException("A row's bytes are damaged: it has a bad name.");
        return place = name;
    }

    // FNV-1a, 32 bits.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261;
        foreach (var value in bytes) hash = (hash ^ value) * 16777619;
        return hash;
    }
}
