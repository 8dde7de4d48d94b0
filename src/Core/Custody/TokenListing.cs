using Gatehouse.Platform;

namespace Gatehouse.Custody;

/// <summary>Puts together what custody knows of an application's tokens and what the platform has.</summary>
/// <remarks>There are at most ten of each: to compare every one with every other costs less than to index them.</remarks>
internal static class TokenListing
{
    public static TokenList Of(CustodyRecord record, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        var tokens = new List<ListedToken>(listed.Count);
        foreach (var lease in record.Leases) Add(tokens, lease, listed, now);
        foreach (var token in listed)
        {
            if (record.Manages(token.Token) || IsBeingIssued(record, token)) continue;
            tokens.Add(new ListedToken(token.Token.Fingerprint, TokenState.Unmanaged, Mask(token.Token), token.CreatedAt));
        }
        tokens.Sort(static (one, other) =>
            other.IssuedAt.CompareTo(one.IssuedAt) is not 0 and var order ? order : string.CompareOrdinal(one.TokenId, other.TokenId));
        return new TokenList(tokens, listed.Count, Leases.Slots);
    }

    /// <summary>Whether a token that no lease names may be one that a lease is about to name.</summary>
    public static bool IsBeingIssued(CustodyRecord record, IssuedToken token) => record.Intent?.Issuing?.Covers(token) == true;

    private static void Add(List<ListedToken> tokens, Lease lease, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        if (lease.Incoming is { } incoming)
            tokens.Add(Listed(incoming, TokenState.Delivering, lease.ExpiresAt, null));
        if (lease.Current is { } current)
            tokens.Add(Listed(current, TokenState.Active, lease.ExpiresAt, lease.NextRotationAt));
        foreach (var retiring in lease.Retiring)
            tokens.Add(Listed(retiring.Token, TokenState.Retiring, retiring.RevokeAt, null));

        ListedToken Listed(LeasedToken token, TokenState state, DateTimeOffset? expiresAt, DateTimeOffset? nextRotationAt)
        {
            var masked = MaskedAmong(listed, token);
            return new ListedToken(
                token.Id, masked is null ? TokenState.Missing : lease.IsOver(now) ? TokenState.Revoking : state,
                masked, token.IssuedAt, lease.Label, lease.Owner, lease.Delivery, expiresAt, nextRotationAt);
        }
    }

    private static string? MaskedAmong(IReadOnlyList<IssuedToken> listed, LeasedToken leased)
    {
        foreach (var token in listed)
            if (leased.Is(token.Token)) return Mask(token.Token);
        return null;
    }

    private static string Mask(ApiToken token) => string.Concat(token.Reveal().AsSpan(0, 4), "...", token.Reveal().AsSpan(ApiToken.Length - 4));
}
