using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Access.Audit;

/// <summary>The outcome of a call in the audit trail.</summary>
public enum AuditOutcome
{
    /// <summary>
    /// <c>started</c>: it is running. If it started long ago, the process ended before it could record the outcome, and the
    /// operation may have been carried out or not.
    /// </summary>
    Started,

    /// <summary><c>done</c>: the operation was carried out.</summary>
    Done,

    /// <summary><c>failed</c>: it was not carried out, or not completely.</summary>
    Failed,

    /// <summary><c>refused</c>: the caller is known, but was not allowed to do it.</summary>
    Refused,
}

/// <summary>The outcomes' names.</summary>
public static class AuditOutcomeNames
{
    private static readonly Dictionary<string, AuditOutcome> ByName =
        Enum.GetValues<AuditOutcome>().ToDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>The name of an outcome.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such outcome.</exception>
    public static string NameOf(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Started => "started",
        AuditOutcome.Done => "done",
        AuditOutcome.Failed => "failed",
        AuditOutcome.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
    };

    /// <summary>Parses the name of an outcome; false if the name is unknown.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out AuditOutcome outcome)
    {
        outcome = default;
        return name is not null && ByName.TryGetValue(name, out outcome);
    }
}
