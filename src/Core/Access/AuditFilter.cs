namespace Gatehouse.Access;

/// <summary>Which entries of the audit trail are wanted: those that all given conditions hold for.</summary>
public sealed record AuditFilter
{
    /// <summary>Of this caller, by name.</summary>
    public string? Caller { get; init; }

    /// <summary>About this application.</summary>
    public AppId? Application { get; init; }

    /// <summary>Of this operation.</summary>
    public string? Operation { get; init; }

    /// <summary>With this outcome.</summary>
    public AuditOutcome? Outcome { get; init; }

    /// <summary>Called at this instant or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Called before this instant.</summary>
    public DateTimeOffset? Before { get; init; }

    // The time is the range that is read.
    internal bool Takes(AuditEntry entry) =>
        (Caller is null || entry.Caller == Caller)
        && (Application is null || entry.Application == Application)
        && (Operation is null || entry.Operation == Operation)
        && (Outcome is null || entry.Outcome == Outcome);
}

/// <summary>A page of the audit trail.</summary>
/// <param name="Entries">Newest first. There may be fewer than asked for, or none, though there is a next page.</param>
/// <param name="Next">What to ask the next page with; empty on the last page.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string Next);
