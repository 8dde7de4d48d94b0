using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Access.Audit;

/// <summary>What became of a call that the audit trail holds.</summary>
public enum AuditOutcome
{
    /// <summary>
    /// <c>started</c>: it is being done; or, where that was long ago, the process that did it ended before it could say what
    /// became of it, and what was asked for may have been done or not.
    /// </summary>
    Started,

    /// <summary><c>done</c>: what was asked for has been done.</summary>
    Done,

    /// <summary><c>failed</c>: it has not been done, or not wholly.</summary>
    Failed,

    /// <summary><c>refused</c>: the caller is known, and was not allowed it.</summary>
    Refused,
}

/// <summary>The outcomes' names.</summary>
public static class AuditOutcomeNames
{
    private static readonly Dictionary<string, AuditOutcome> ByName =
        Enum.GetValues<AuditOutcome>().ToDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>The name of an outcome.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static string NameOf(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Started => "started",
        AuditOutcome.Done => "done",
        AuditOutcome.Failed => "failed",
        AuditOutcome.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "It is no outcome."),
    };

    /// <summary>Finds the outcome of a name; false where there is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out AuditOutcome outcome)
    {
        outcome = default;
        return name is not null && ByName.TryGetValue(name, out outcome);
    }
}
