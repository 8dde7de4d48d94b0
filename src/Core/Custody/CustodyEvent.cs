namespace Gatehouse.Custody;

/// <summary>The kind of a custody event.</summary>
public enum CustodyEventKind
{
    /// <summary>A token was replaced by a new one.</summary>
    TokenRotated,

    /// <summary>A token was revoked at the end of its lease.</summary>
    TokenExpired,

    /// <summary>The platform refuses the master token that the vault holds.</summary>
    MasterTokenRefused,

    /// <summary>
    /// After a crash, several tokens appeared of which at most one is ours. None was revoked: an operator must look.
    /// </summary>
    TokensUnexplained,

    /// <summary>A token should have been replaced more than one period ago.</summary>
    RotationOverdue,
}

/// <summary>Something that happened to a secret in custody, to be reported. It holds no secret.</summary>
/// <param name="Key">Identifies the event: the same key, however often it is announced.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Application">The application concerned.</param>
/// <param name="Label">The lease concerned; null for none.</param>
/// <param name="TokenId">The token concerned, for a rotation the new one; null for none.</param>
/// <param name="At">When it was seen.</param>
public sealed record CustodyEvent(
    string Key, CustodyEventKind Kind, AppId Application, string? Label, string? TokenId, DateTimeOffset At)
{
    internal static CustodyEvent Rotated(AppId application, string label, string tokenId, DateTimeOffset at) =>
        new($"token-rotated:{application}:{tokenId}", CustodyEventKind.TokenRotated, application, label, tokenId, at);

    internal static CustodyEvent Expired(AppId application, string label, string tokenId, DateTimeOffset at) =>
        new($"token-expired:{application}:{tokenId}", CustodyEventKind.TokenExpired, application, label, tokenId, at);

    internal static CustodyEvent Overdue(AppId application, Lease lease, DateTimeOffset at) => new(
        $"token-overdue:{application}:{lease.Label}:{lease.NextRotationAt!.Value.ToUnixTimeSeconds()}", CustodyEventKind.RotationOverdue,
        application, lease.Label, lease.Current!.Id, at);

    internal static CustodyEvent MasterRefused(AppId application, string version, DateTimeOffset at) =>
        new($"master-token-refused:{application}:{version}", CustodyEventKind.MasterTokenRefused, application, null, null, at);

    internal static CustodyEvent Unexplained(AppId application, DateTimeOffset from, DateTimeOffset at) =>
        new($"tokens-unexplained:{application}:{from.ToUnixTimeMilliseconds()}", CustodyEventKind.TokensUnexplained, application, null, null, at);
}

/// <summary>
/// Stores an event to be reported. It is called just before the commit that makes the event final, so that no event is lost,
/// and again with the same <see cref="CustodyEvent.Key"/> if that commit has to be repeated. If the process is killed
/// between the two, a rotation may have been announced that is then undone.
/// </summary>
public delegate ValueTask CustodyAnnouncer(CustodyEvent happened, CancellationToken cancellation);
