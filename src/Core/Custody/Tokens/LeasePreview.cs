using System.Globalization;
using Gatehouse.Access.Audit;
using Gatehouse.Common;

namespace Gatehouse.Custody.Tokens;

/// <summary>Tells what a change of a lease would do.</summary>
internal static class LeasePreview
{
    /// <summary>The first token of a new lease.</summary>
    public static IReadOnlyList<PlannedStep> OfIssue(AppId application, Lease lease) =>
    [
        new(PlannedAction.Issue, $"label:{lease.Label}", $"A token for {lease.Owner}, {Delivered(lease)}. {Ends(lease)}{Rotates(lease)}"),
        .. Stores(application, lease),
    ];

    /// <summary>The replacement of a lease's current token.</summary>
    public static IReadOnlyList<PlannedStep> OfRotation(AppId application, Lease lease, TimeSpan overlap, DateTimeOffset now) =>
    [
        new(PlannedAction.Issue, $"label:{lease.Label}", $"The next token for {lease.Owner}, {Delivered(lease)}."),
        .. Stores(application, lease),
        Revokes(lease, lease.Current!, overlap == TimeSpan.Zero ? "at once" : $"at {Rfc3339.Text(lease.EndOf(now + overlap))}"),
    ];

    /// <summary>The revocation of a token and, if it is its lease's current one, of the lease.</summary>
    public static IReadOnlyList<PlannedStep> OfRevocation(AppId application, Lease lease, string tokenId) =>
        lease.Retiring.FirstOrDefault(token => token.Token.Id == tokenId) is { } retiring
            ? [Revokes(lease, retiring.Token, "at once")]
            : OfEnd(application, lease);

    /// <summary>The end of a lease, with all its tokens.</summary>
    public static IReadOnlyList<PlannedStep> OfEnd(AppId application, Lease lease) =>
    [
        .. lease.Tokens.Select(token => Revokes(lease, token, "at once")),
        .. Secret(application, lease),
    ];

    /// <summary>The removal of a lease's secret; nothing where it has none.</summary>
    public static IReadOnlyList<PlannedStep> Secret(AppId application, Lease lease) => lease.Delivery == TokenDelivery.Vault
        ? [new(PlannedAction.Remove, SecretName(application, lease), "The secret is removed from the vault.")]
        : [];

    /// <summary>The revocation of a token without a lease.</summary>
    public static PlannedStep OfUnmanaged(string tokenId) =>
        new(PlannedAction.Revoke, AuditSubject.Token(tokenId).ToString(), "A token without a lease. It stops working at once.");

    private static PlannedStep Revokes(Lease lease, LeasedToken token, string when) =>
        new(PlannedAction.Revoke, AuditSubject.Token(token.Id).ToString(), $"The token {lease.Label} of {lease.Owner} stops working {when}.");

    private static PlannedStep[] Stores(AppId application, Lease lease) => lease.Delivery == TokenDelivery.Vault
        ? [new(PlannedAction.Store, SecretName(application, lease), "The token is written into the vault, as the secret's newest version.")]
        : [];

    private static string SecretName(AppId application, Lease lease) => $"secret:{Leases.SecretName(application, lease.Label)}";

    private static string Delivered(Lease lease) =>
        lease.Delivery == TokenDelivery.Vault ? "delivered to the vault" : "delivered in the answer";

    private static string Ends(Lease lease) => lease.ExpiresAt is { } end ? $"It ends at {Rfc3339.Text(end)}." : "It has no end.";

    private static string Rotates(Lease lease) => lease.RotateEvery is { } every
        ? string.Create(CultureInfo.InvariantCulture, $" It is replaced every {every.TotalSeconds:0} seconds.")
        : "";
}
