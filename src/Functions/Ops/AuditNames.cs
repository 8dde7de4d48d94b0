using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>The names that entries of the audit trail can have, for its filters.</summary>
internal static class AuditNames
{
    /// <summary>Every operation: the names of the functions under <c>/ops/v1</c> and <c>/v3</c>.</summary>
    public static readonly IReadOnlyList<string> Operations =
    [
        .. from function in HttpFunction.All
           where function.Route.StartsWith("ops/", StringComparison.Ordinal) || function.Route.StartsWith("v3/", StringComparison.Ordinal)
           orderby function.Name
           select function.Name,
    ];

    /// <summary>Every role, and what stands in its place for calls of <c>/v3</c>.</summary>
    public static readonly IReadOnlyList<string> Roles =
        [.. RoleNames.All.Select(RoleNames.NameOf), AuditCall.Organization, AuditCall.ApiToken];

    /// <summary>Every outcome.</summary>
    public static readonly IReadOnlyList<string> Outcomes = [.. Enum.GetValues<AuditOutcome>().Select(AuditOutcomeNames.NameOf)];
}
