namespace Gatehouse.Usage;

/// <summary>Why an event was refused or hidden.</summary>
public enum UsageReason
{
    /// <summary>Its sender has reached the limit of messages in that second. It is not counted.</summary>
    UserLimit,

    /// <summary>Its channel has reached the limit of messages in that second. It is counted, but must not be shown.</summary>
    ChannelLimit,

    /// <summary>The application has the most reporting nodes already.</summary>
    NodeLimit,

    /// <summary>
    /// The message is older than <see cref="UsageRecorder.OldestMessage"/>. It is not counted: whether it was counted before is no
    /// longer known.
    /// </summary>
    TooOld,
}

/// <summary>A remark on one event of a request.</summary>
/// <param name="Index">Its index in the request.</param>
/// <param name="Reason">The reason.</param>
public readonly record struct UsageNote(int Index, UsageReason Reason);

/// <summary>The result of a request's events. Each was accepted, a duplicate, or refused.</summary>
/// <param name="Accepted">How many were counted by this request.</param>
/// <param name="Duplicates">How many messages had been counted before, by this request or another.</param>
/// <param name="Refused">The events that are not counted.</param>
/// <param name="Hidden">The messages, counted now or before, that their channels must not show.</param>
public sealed record UsageReceipt(
    int Accepted, int Duplicates, IReadOnlyList<UsageNote> Refused, IReadOnlyList<UsageNote> Hidden);

/// <summary>The outcome of one event.</summary>
internal enum EventOutcome : byte
{
    Accepted,
    Duplicate,
    OverUserLimit,
    OverNodeLimit,
    TooOld,
}
