namespace Gatehouse.Common;

/// <summary>
/// Sixteen partitions, one for each hex digit, so that a table's load is spread: 16 x 2,000 rows a second are more than an
/// account's 20,000. A row's partition is the first digit of its application's id, or of a hash.
/// </summary>
internal static class HexPartitions
{
    /// <summary>
    /// The table in which rows about an application are committed together: its record, audit entries and stored answers.
    /// </summary>
    public const string ApplicationTable = "Custody";

    /// <summary>The digits of application ids, in the order of the ids.</summary>
    public static readonly IReadOnlyList<string> OfApplications = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F"];

    /// <summary>The digits of hashes, which are written in lower case.</summary>
    public static readonly IReadOnlyList<string> OfHashes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];

    /// <summary>The partition of an application.</summary>
    public static string Of(AppId application)
    {
        var digit = application.ToString()[0];
        return OfApplications[char.IsAsciiDigit(digit) ? digit - '0' : digit - 'A' + 10];
    }

    /// <summary>The partition of a hash in lower-case hex.</summary>
    public static string Of(string hash) => hash[..1];

    /// <summary>The partitions of applications from the one of an id on; all of them for null.</summary>
    public static IEnumerable<string> StartingAt(AppId? id) =>
        id is { } first ? OfApplications.SkipWhile(digit => digit != Of(first)) : OfApplications;
}
