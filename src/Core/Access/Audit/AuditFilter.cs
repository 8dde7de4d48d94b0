namespace Gatehouse.Access.Audit;

/// <summary>Selects entries of the audit trail: those that meet all given conditions.</summary>
public sealed record AuditFilter
{
    /// <summary>The caller's name.</summary>
    public string? Caller { get; init; }

    /// <summary>The application.</summary>
    public AppId? Application { get; init; }

    /// <summary>The operation.</summary>
    public string? Operation { get; init; }

    /// <summary>The role, by its name in the entry.</summary>
    public string? Role { get; init; }

    /// <summary>The label of a token.</summary>
    public string? Label { get; init; }

    /// <summary>The outcome.</summary>
    public AuditOutcome? Outcome { get; init; }

    /// <summary>The earliest time of the call.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The time that the call was before.</summary>
    public DateTimeOffset? Before { get; init; }

    // The time is not checked here: it is the range that is read.
    internal bool Takes(AuditEntry entry) =>
        (Caller is null || entry.Caller == Caller)
        && (Application is null || entry.Application == Application)
        && (Operation is null || entry.Operation == Operation)
        && (Role is null || entry.Role == Role)
        && (Label is null || entry.Label == Label)
        && (Outcome is null || entry.Outcome == Outcome);
}

/// <summary>A page of the audit trail.</summary>
/// <param name="Entries">Newest first. There may be fewer than requested, or none, even if there is a next page.</param>
/// <param name="Next">What to request the next page with; empty on the last page.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string Next);
