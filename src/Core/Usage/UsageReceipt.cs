namespace Gatehouse.Usage;

/// <summary>Why an event was refused or hidden.</summary>
public enum UsageReason
{
    /// <summary>Its sender has sent as many messages in that second as a user may: it is not counted.</summary>
    UserLimit,

    /// <summary>
    /// Its channel has shown as many messages in that second as a channel may: it counts, and is not to be shown.
    /// </summary>
    ChannelLimit,

    /// <summary>There are as many reporting nodes as there can be.</summary>
    NodeLimit,
}

/// <summary>An event of a request that something is to be said of.</summary>
/// <param name="Index">Its index in the request.</param>
/// <param name="Reason">What there is to say.</param>
public readonly record struct UsageNote(int Index, UsageReason Reason);

/// <summary>What became of a request's events. Each was accepted, a duplicate, or refused.</summary>
/// <param name="Accepted">How many were counted by this request.</param>
/// <param name="Duplicates">How many messages were counted before, by this request or another.</param>
/// <param name="Refused">Those that are not counted.</param>
/// <param name="Hidden">The messages, counted now or before, that their channels do not show.</param>
public sealed record UsageReceipt(
    int Accepted, int Duplicates, IReadOnlyList<UsageNote> Refused, IReadOnlyList<UsageNote> Hidden);

/// <summary>What becomes of one event on its way.</summary>
internal enum EventOutcome : byte
{
    Accepted,
    Duplicate,
    OverUserLimit,
    OverNodeLimit,
}
