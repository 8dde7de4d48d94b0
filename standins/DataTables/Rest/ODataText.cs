using System.Globalization;

namespace Azure.Data.Tables.Rest;

/// <summary>Keys and values as addresses and filters write them.</summary>
internal static class ODataText
{
    /// <summary>An address below the account's.</summary>
    public static Uri Under(Uri endpoint, string path) => new(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);

    /// <summary>The path of an entity, below the account's address.</summary>
    public static string EntityPath(string table, string partitionKey, string rowKey) =>
        $"/{table}(PartitionKey='{InPath(partitionKey)}',RowKey='{InPath(rowKey)}')";

    /// <summary>A filter with its texts quoted and escaped.</summary>
    public static string Filter(FormattableString filter)
    {
        var values = Array.ConvertAll(filter.GetArguments(), value => value is string text
            ? (object)$"'{Escape(text)}'"
            : throw new ArgumentException($"Unable to convert a value of type {value?.GetType()} into a filter."));
        return string.Format(CultureInfo.InvariantCulture, filter.Format, values);
    }

    private static string InPath(string key) => Uri.EscapeDataString(Escape(key));

    private static string Escape(string text) => text.Replace("'", "''", StringComparison.Ordinal);
}
