using Gatehouse.Platform;

namespace Gatehouse.Custody;

/// <summary>Puts together what custody knows of an application's tokens and what the platform has.</summary>
internal static class TokenListing
{
    public static TokenList Of(CustodyRecord record, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        var masked = listed.ToDictionary(token => LeasedToken.HashOf(token.Token), token => Mask(token.Token));
        var leased = record.Leases.SelectMany(lease => Of(lease, masked, now));
        var unmanaged = listed
            .Where(token => !record.Manages(token.Token) && !IsBeingIssued(record, token))
            .Select(token => new ListedToken(token.Token.Fingerprint, TokenState.Unmanaged, Mask(token.Token), token.CreatedAt));
        return new TokenList(
            [.. leased.Concat(unmanaged)
                .OrderByDescending(token => token.IssuedAt).ThenBy(token => token.TokenId, StringComparer.Ordinal)],
            listed.Count, Leases.Slots);
    }

    /// <summary>Whether a token that no lease names may be one that a lease is about to name.</summary>
    public static bool IsBeingIssued(CustodyRecord record, IssuedToken token) => record.Intent?.Issuing?.Covers(token) == true;

    private static IEnumerable<ListedToken> Of(Lease lease, Dictionary<string, string> masked, DateTimeOffset now)
    {
        if (lease.Incoming is { } incoming)
            yield return Listed(incoming, TokenState.Delivering, lease.ExpiresAt, null);
        if (lease.Current is { } current)
            yield return Listed(current, TokenState.Active, lease.ExpiresAt, lease.NextRotationAt);
        foreach (var retiring in lease.Retiring)
            yield return Listed(retiring.Token, TokenState.Retiring, retiring.RevokeAt, null);

        ListedToken Listed(LeasedToken token, TokenState state, DateTimeOffset? expiresAt, DateTimeOffset? nextRotationAt) => new(
            token.Id,
            !masked.TryGetValue(token.Hash, out var shown) ? TokenState.Missing : lease.IsOver(now) ? TokenState.Revoking : state,
            shown, token.IssuedAt, lease.Label, lease.Owner, lease.Delivery, expiresAt, nextRotationAt);
    }

    private static string Mask(ApiToken token) => $"{token.Reveal()[..4]}...{token.Reveal()[^4..]}";
}
