using System.Globalization;

namespace Gatehouse.Common;

/// <summary>Times as parts of row keys: digits of a fixed length, so that ordering the keys orders the times.</summary>
internal static class TimeKeys
{
    /// <summary>Milliseconds since 1970, 15 digits: the oldest comes first.</summary>
    public static string Milliseconds(DateTimeOffset instant) =>
        instant.ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture);

    /// <summary>UTC ticks, 19 digits: the oldest comes first.</summary>
    public static string Ticks(long ticks) => ticks.ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>UTC ticks counted down from the end of time, 19 digits: the newest comes first.</summary>
    public static string NewestFirst(long ticks) => Ticks(TicksLeft(ticks));

    /// <summary>The ticks from an instant to the end of time: the newest has the fewest.</summary>
    public static long TicksLeft(long ticks) => DateTimeOffset.MaxValue.UtcTicks - ticks;
}
