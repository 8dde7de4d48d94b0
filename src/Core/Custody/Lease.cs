using System.Security.Cryptography;
using Gatehouse.Platform;

namespace Gatehouse.Custody;

/// <summary>How a leased token is delivered.</summary>
public enum TokenDelivery
{
    /// <summary>In the response, once.</summary>
    Response,

    /// <summary>In the vault. The response names the secret; consumers read it under their own identity.</summary>
    Vault,
}

/// <summary>
/// A leased token as it is stored: never the token itself. To revoke or deliver it, it is found in the platform's list by
/// its hash.
/// </summary>
/// <param name="Hash">The SHA-256 of the token, in lower-case hex.</param>
/// <param name="IssuedAt">When the platform issued it, by the platform's clock: to be shown, and not to be calculated
/// with.</param>
internal sealed record LeasedToken(string Hash, DateTimeOffset IssuedAt)
{
    /// <summary>When we got it, by our own clock; null for tokens from before this was stored.</summary>
    public DateTimeOffset? ObtainedAt { get; init; }

    public static LeasedToken Of(IssuedToken issued, DateTimeOffset now) =>
        new(HashOf(issued.Token), issued.CreatedAt) { ObtainedAt = now };

    public static string HashOf(ApiToken token) => Convert.ToHexStringLower(token.Hash);

    /// <summary>The token's fingerprint.</summary>
    public string Id => Hash[..16];

    /// <summary>Whether it is this token.</summary>
    public bool Is(ApiToken token)
    {
        Span<char> hash = stackalloc char[2 * SHA256.HashSizeInBytes];
        return Convert.TryToHexStringLower(token.Hash, hash, out _) && Hash.AsSpan().SequenceEqual(hash);
    }
}

/// <summary>A token that was replaced. It works until its overlap ends.</summary>
internal sealed record RetiringToken(LeasedToken Token, DateTimeOffset RevokeAt);

/// <summary>What was granted under a label, and its tokens.</summary>
/// <param name="Label">Its name: unique among the application's leases, and part of the secret's name.</param>
/// <param name="Owner">The caller that it was granted to.</param>
/// <param name="Delivery">How its tokens are delivered.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="RotateEvery">The highest age of its token before the timer replaces it; null for no rotation.</param>
/// <param name="Current">The current token; null before the first one was delivered.</param>
/// <param name="Incoming">A token that is being delivered; null for none.</param>
/// <param name="Overlap">How long the current token keeps working once the incoming one was delivered.</param>
/// <param name="Retiring">Tokens that were replaced and still work.</param>
/// <param name="Revoking">Whether it has ended and is being removed.</param>
internal sealed record Lease(
    string Label, string Owner, TokenDelivery Delivery, DateTimeOffset? ExpiresAt, TimeSpan? RotateEvery,
    LeasedToken? Current, LeasedToken? Incoming, TimeSpan Overlap, IReadOnlyList<RetiringToken> Retiring, bool Revoking)
{
    // The earliest time: due immediately.
    private static readonly DateTimeOffset AtOnce = DateTimeOffset.UnixEpoch;

    public static Lease Begin(
        string label, string owner, TokenDelivery delivery, DateTimeOffset? expiresAt, TimeSpan? rotateEvery) =>
        new(label, owner, delivery, expiresAt, rotateEvery, null, null, TimeSpan.Zero, [], false);

    /// <summary>All its tokens, in any state.</summary>
    public IEnumerable<LeasedToken> Tokens
    {
        get
        {
            if (Incoming is not null) yield return Incoming;
            if (Current is not null) yield return Current;
            foreach (var retiring in Retiring) yield return retiring.Token;
        }
    }

    public DateTimeOffset? NextRotationAt => Current is null || RotateEvery is null ? null : (Current.ObtainedAt ?? Current.IssuedAt) + RotateEvery;

    /// <summary>When the timer has work for it; null for never.</summary>
    public DateTimeOffset? DueAt => Revoking || Incoming is not null || Current is null
        ? AtOnce
        : Retiring.Select(token => (DateTimeOffset?)token.RevokeAt).Append(ExpiresAt).Append(NextRotationAt).Min();

    public bool IsOver(DateTimeOffset now) => Revoking || ExpiresAt <= now;

    /// <summary>The replaced tokens whose overlap has ended.</summary>
    public IEnumerable<RetiringToken> Retired(DateTimeOffset now) => Retiring.Where(token => token.RevokeAt <= now);

    /// <summary>When a replaced token ends: with its overlap, or with the lease.</summary>
    public DateTimeOffset EndOf(DateTimeOffset overlapEnd) => ExpiresAt < overlapEnd ? ExpiresAt.Value : overlapEnd;

    /// <summary>Whether it should have been rotated more than one period ago.</summary>
    public bool IsLongOverdue(DateTimeOffset now) => !IsOver(now) && NextRotationAt + RotateEvery < now;

    public bool IsRotationDue(DateTimeOffset now) => !IsOver(now) && Incoming is null && NextRotationAt <= now;

    /// <summary>The lease with another end of a replaced token's overlap.</summary>
    public Lease Retire(string tokenId, DateTimeOffset at) => this with
    {
        Retiring = [.. Retiring.Select(token => token.Token.Id == tokenId ? token with { RevokeAt = at } : token)],
    };

    /// <summary>The lease without a replaced token that was revoked.</summary>
    public Lease Without(LeasedToken? revoked) => this with { Retiring = [.. Retiring.Where(retiring => retiring.Token != revoked)] };

    /// <summary>The lease with a token that is being delivered.</summary>
    public Lease Expect(LeasedToken incoming, TimeSpan overlap) => this with { Incoming = incoming, Overlap = overlap };

    /// <summary>The lease after delivery: the incoming token is the current one.</summary>
    public Lease Deliver(DateTimeOffset now) => this with
    {
        Current = Incoming,
        Incoming = null,
        Retiring = Current is null ? Retiring : [.. Retiring, new RetiringToken(Current, now + Overlap)],
    };
}
