using Gatehouse.Platform;

namespace Gatehouse.Custody;

/// <summary>What is asked for when a token is to be issued.</summary>
/// <param name="Label">1 to 64 lower-case letters, digits and hyphens, neither first nor last a hyphen. It becomes part of the
/// secret's name, and Key Vault does not tell upper case from lower.</param>
/// <param name="Owner">The caller: 1 to 256 characters.</param>
/// <param name="Delivery">How the token is delivered.</param>
/// <param name="ExpiresIn">When the lease ends, from now: a second to ten years; null for never.</param>
/// <param name="RotateEvery">How old the token may become before the timer replaces it: a minute to ten years; null for ever.
/// Only for tokens that are delivered to the vault, since nobody would be told of the new one.</param>
public sealed record LeaseRequest(
    string Label, string Owner, TokenDelivery Delivery, TimeSpan? ExpiresIn = null, TimeSpan? RotateEvery = null)
{
    /// <summary>The most characters of a label.</summary>
    public const int LabelLength = 64;

    private const int OwnerLength = 256;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>Checks it.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Invalid"/>, with what is wrong.</exception>
    internal void Check()
    {
        if (!IsLabel(Label))
        {
            throw CustodyException.Invalid(
                $"label must be 1 to {LabelLength} lower-case letters, digits and hyphens, neither first nor last a hyphen.");
        }
        if (Owner.Length is < 1 or > OwnerLength) throw CustodyException.Invalid($"owner must be 1 to {OwnerLength} characters.");
        if (!Enum.IsDefined(Delivery)) throw CustodyException.Invalid("deliver must be response or vault.");
        if (ExpiresIn is { } expiry && (expiry < TimeSpan.FromSeconds(1) || expiry > Longest))
            throw CustodyException.Invalid($"expires_in_seconds must be from 1 to {Longest.TotalSeconds:0}.");
        if (RotateEvery is { } every && (every < TimeSpan.FromMinutes(1) || every > Longest))
            throw CustodyException.Invalid($"rotate_every_seconds must be from 60 to {Longest.TotalSeconds:0}.");
        if (RotateEvery is not null && Delivery != TokenDelivery.Vault)
            throw CustodyException.Invalid("rotate_every_seconds needs deliver to be vault: nobody would be told the new token.");
    }

    private static bool IsLabel(string label) =>
        label.Length is >= 1 and <= LabelLength
        && label.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')
        && label[0] != '-' && label[^1] != '-';
}

/// <summary>A token that was issued under a lease, or in the place of another.</summary>
/// <param name="Token">The token, for whoever is to be given it in the answer; null where the vault has it.</param>
/// <param name="TokenId">The token's fingerprint.</param>
/// <param name="Label">The lease's label.</param>
/// <param name="SecretName">The secret's name in the vault; null where the token is in the answer.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="ExpiresAt">When the lease ends; null for never.</param>
public sealed record GrantedToken(
    ApiToken? Token, string TokenId, string Label, string? SecretName, DateTimeOffset IssuedAt, DateTimeOffset? ExpiresAt);

/// <summary>How it stands with a token.</summary>
public enum TokenState
{
    /// <summary>It stands for its lease.</summary>
    Active,

    /// <summary>It was replaced, and works until <see cref="ListedToken.ExpiresAt"/>.</summary>
    Retiring,

    /// <summary>It is on its way to the vault.</summary>
    Delivering,

    /// <summary>It is being revoked.</summary>
    Revoking,

    /// <summary>The platform does not have it any more: somebody revoked it past custody.</summary>
    Missing,

    /// <summary>The platform has it, and no lease names it.</summary>
    Unmanaged,
}

/// <summary>A token of an application, as it is listed.</summary>
/// <param name="TokenId">Its fingerprint.</param>
/// <param name="State">How it stands with it.</param>
/// <param name="Masked">Its first and last four digits; null where the platform does not have it.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="Label">Its lease's label; null where it is unmanaged, as in what follows.</param>
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
public sealed record TokenList(IReadOnlyList<ListedToken> Tokens, int SlotsUsed, int Slots);
