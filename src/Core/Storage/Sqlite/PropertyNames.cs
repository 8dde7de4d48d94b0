using System.Text;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Names of properties, each made once and then shared by the rows that have it: a project has dozens of names and
/// millions of rows. A name that finds its place taken replaces what is there, so that there are never more than
/// <see cref="Places"/>.
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
