namespace Gatehouse.Common;

/// <summary>Finds the name that was probably meant by a misspelt one.</summary>
public static class NearestName
{
    // The work grows with the product of both lengths, and a caller can send a name of any length.
    private const int LongestName = 128;

    /// <summary>
    /// The known name that differs least, by inserted, left out, replaced and swapped characters, upper or lower case; null where
    /// none is near: at most a third of the characters may differ, and at least one.
    /// </summary>
    /// <param name="name">The misspelt name.</param>
    /// <param name="known">The known names.</param>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName) return null;
        var (nearest, least) = ((string?)null, Math.Max(1, name.Length / 3) + 1);
        foreach (var candidate in known)
        {
            if (Distance(name, candidate) is var distance && distance < least) (nearest, least) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>A sentence about an unknown name, with the nearest known ones, or else all.</summary>
    /// <param name="what">What it is the name of, such as <c>field</c>.</param>
    /// <param name="name">The unknown name.</param>
    /// <param name="known">The known names.</param>
    public static string Unknown(string what, string name, IReadOnlyCollection<string> known)
    {
        string[] near = Of(name, known) is { } nearest ? [nearest]
            : [.. known.Where(one => name.Length >= 3 && one.Contains(name, StringComparison.OrdinalIgnoreCase))];
        var shown = name.Length <= LongestName ? name : name[..LongestName] + "...";
        return $"There is no {what} '{shown}'. " + (near.Length > 0 ? $"Did you mean {string.Join(" or ", near)}?"
            : known.Count > 0 ? $"There is {string.Join(", ", known)}."
            : $"This operation takes no {what}.");
    }

    // Optimal string alignment: the edit distance with swaps of neighbours.
    private static int Distance(string one, string other)
    {
        var (twoBack, back, row) = (new int[other.Length + 1], new int[other.Length + 1], new int[other.Length + 1]);
        for (var column = 0; column <= other.Length; column++) back[column] = column;
        for (var line = 1; line <= one.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column <= other.Length; column++)
            {
                var cost = AreEqual(one[line - 1], other[column - 1]) ? 0 : 1;
                row[column] = Math.Min(Math.Min(back[column], row[column - 1]) + 1, back[column - 1] + cost);
                if (line > 1 && column > 1 && AreEqual(one[line - 1], other[column - 2]) && AreEqual(one[line - 2], other[column - 1]))
                    row[column] = Math.Min(row[column], twoBack[column - 2] + 1);
            }
            (twoBack, back, row) = (back, row, twoBack);
        }
        return back[other.Length];
    }

    private static bool AreEqual(char one, char other) => char.ToUpperInvariant(one) == char.ToUpperInvariant(other);
}
