using System.Globalization;

namespace Gatehouse.Common;

/// <summary>Instants as text (RFC 3339): UTC, with milliseconds, such as <c>2016-01-05T13:02:03.004Z</c>.</summary>
public static class Rfc3339
{
    /// <summary>The instant as text.</summary>
    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The instant as text; null for null.</summary>
    public static string? TextOrNull(DateTimeOffset? time) => time is { } known ? Text(known) : null;
}
