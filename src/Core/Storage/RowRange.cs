namespace Gatehouse.Storage;

/// <summary>A range of row keys: from <paramref name="From"/>, inclusive, to <paramref name="Before"/>, exclusive.</summary>
/// <param name="From">The lowest key in the range; null starts at the partition's first row.</param>
/// <param name="Before">The lowest key after the range; null ends at the partition's last row.</param>
public readonly record struct RowRange(string? From, string? Before)
{
    /// <summary>Every row of the partition.</summary>
    public static RowRange All => default;

    /// <summary>The rows whose keys begin with <paramref name="prefix"/>, which is not empty.</summary>
    public static RowRange Prefix(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return new RowRange(prefix, After(prefix));
    }

    /// <summary>The range after <paramref name="row"/>: the next page.</summary>
    public RowRange StartingAfter(string row) => this with { From = row + FirstCharacter };

    // Appending the lowest character that a key may hold (TableLimits) gives the next possible key.
    private const char FirstCharacter = ' ';

    private static string After(string prefix) => prefix[..^1] + (char)(prefix[^1] + 1);
}
