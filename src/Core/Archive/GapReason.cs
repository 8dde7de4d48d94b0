namespace Gatehouse.Archive;

/// <summary>Why the archive has no count of a day.</summary>
public enum GapReason
{
    /// <summary>The day was not requested yet, or the request failed.</summary>
    NotRead,

    /// <summary>The platform refused the day (400113): it no longer has it.</summary>
    Refused,

    /// <summary>The platform's answer did not contain the day.</summary>
    LeftOut,

    /// <summary>The platform's value for the day was not a count.</summary>
    Unreadable,
}

/// <summary>The names of <see cref="GapReason"/>, in answers and alerts. A name never changes.</summary>
public static class GapReasons
{
    /// <summary>The name of a reason.</summary>
    public static string NameOf(GapReason reason) => reason switch
    {
        GapReason.NotRead => "not-read",
        GapReason.Refused => "refused",
        GapReason.LeftOut => "left-out",
        GapReason.Unreadable => "unreadable",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}

/// <summary>Consecutive days without a count, for one reason.</summary>
/// <param name="Days">The days.</param>
/// <param name="Reason">The reason.</param>
public readonly record struct ArchiveGap(DayRange Days, GapReason Reason);
