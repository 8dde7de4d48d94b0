using System.Globalization;
using System.Text.RegularExpressions;

namespace Gatehouse.Common;

/// <summary>Instants as text (RFC 3339). Gatehouse writes UTC with milliseconds, such as <c>2016-01-05T13:02:03.004Z</c>.</summary>
public static partial class Rfc3339
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF"];

    /// <summary>The instant as text.</summary>
    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The instant as text; null for null.</summary>
    public static string? TextOrNull(DateTimeOffset? time) => time is { } known ? Text(known) : null;

    /// <summary>
    /// Parses an instant in any form of RFC 3339, section 5.6: with any number of digits behind the second, with <c>t</c> and
    /// <c>z</c>, with a space for the <c>T</c>, and in a leap second. A time without an offset is UTC. Digits behind the seventh
    /// are dropped.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        if (Form().Match(text) is not { Success: true } match) return false;
        var isLeap = match.Groups["second"].ValueSpan is "60";
        var normal = $"{match.Groups["date"].Value}T{match.Groups["minute"].Value}:{(isLeap ? "59" : match.Groups["second"].Value)}"
            + match.Groups["fraction"].Value;
        if (!DateTimeOffset.TryParseExact(normal, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var local)) return false;
        // Not as .NET's own offset, which ends at 14 hours.
        if (OffsetOf(match.Groups["offset"].ValueSpan) is not { } offset) return false;
        var ticks = local.UtcTicks - offset.Ticks;
        if (ticks < DateTimeOffset.MinValue.UtcTicks || ticks > DateTimeOffset.MaxValue.UtcTicks) return false;
        instant = new DateTimeOffset(ticks, TimeSpan.Zero);
        // A leap second is a second of its own; a clock without leap seconds shows the next one.
        if (isLeap && instant < DateTimeOffset.MaxValue.AddSeconds(-1)) instant += TimeSpan.FromSeconds(1);
        return true;
    }

    // Up to a day less a minute, either way; null for an hour or a minute that no clock shows.
    private static TimeSpan? OffsetOf(ReadOnlySpan<char> text)
    {
        if (text is "" or "Z" or "z") return TimeSpan.Zero;
        if (!TimeSpan.TryParseExact(text[1..], @"hh\:mm", CultureInfo.InvariantCulture, out var offset)) return null;
        return text[0] == '-' ? -offset : offset;
    }

    [GeneratedRegex(
        @"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?<minute>[0-9]{2}:[0-9]{2}):(?<second>[0-9]{2})"
            + @"((?<fraction>\.[0-9]{1,7})[0-9]*)?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
