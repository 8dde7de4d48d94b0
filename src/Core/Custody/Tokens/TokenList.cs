using Gatehouse.Platform;

namespace Gatehouse.Custody.Tokens;

/// <summary>The state of a token.</summary>
public enum TokenState
{
    /// <summary>It is its lease's current token.</summary>
    Active,

    /// <summary>It was replaced. It works until <see cref="ListedToken.ExpiresAt"/>.</summary>
    Retiring,

    /// <summary>It is being delivered to the vault.</summary>
    Delivering,

    /// <summary>It is being revoked.</summary>
    Revoking,

    /// <summary>The platform no longer has it: it was revoked outside Gatehouse.</summary>
    Missing,

    /// <summary>The platform has it, but no lease names it.</summary>
    Unmanaged,
}

/// <summary>A token in the list of an application.</summary>
/// <param name="TokenId">Its fingerprint.</param>
/// <param name="State">How it stands with it.</param>
/// <param name="Masked">Its first and last four digits; null where the platform does not have it.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="Label">Its lease's label. Null for an unmanaged token, as are the following.</param>
/// <param name="Owner">The caller that it was issued to.</param>
/// <param name="Delivery">How it was delivered.</param>
/// <param name="ExpiresAt">When it will be revoked; null for never.</param>
/// <param name="NextRotationAt">When it will be replaced; null for never.</param>
public sealed record ListedToken(
    string TokenId, TokenState State, string? Masked, DateTimeOffset IssuedAt, string? Label = null, string? Owner = null,
    TokenDelivery? Delivery = null, DateTimeOffset? ExpiresAt = null, DateTimeOffset? NextRotationAt = null);

/// <summary>The tokens of an application.</summary>
/// <param name="Tokens">Newest first.</param>
/// <param name="SlotsUsed">How many secondary tokens the platform has.</param>
/// <param name="Slots">How many it can have.</param>
public sealed record TokenList(IReadOnlyList<ListedToken> Tokens, int SlotsUsed, int Slots)
{
    /// <summary>Combines what custody knows of an application's tokens with what the platform lists.</summary>
    /// <remarks>There are at most ten of each: comparing every pair costs less than an index.</remarks>
    internal static TokenList Of(CustodyRecord record, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
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
        return new TokenList(tokens, listed.Count, ApiToken.MostSecondary);
    }

    /// <summary>Whether a token without a lease may be one that is being issued.</summary>
    internal static bool IsBeingIssued(CustodyRecord record, IssuedToken token) => record.Lock?.Issuing?.Covers(token) == true;

    private static void Add(List<ListedToken> tokens, Lease lease, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        if (lease.Incoming is { } incoming)
            tokens.Add(Listed(incoming, TokenState.Delivering, lease.ExpiresAt, null));
        if (lease.Current is { } current)
            tokens.Add(Listed(current, TokenState.Active, lease.ExpiresAt, lease.NextRotationAt));
        foreach (var retiring in lease.Retiring)
            tokens.Add(Listed(retiring.Token, TokenState.Retiring, lease.EndOf(retiring.RevokeAt), null));

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
