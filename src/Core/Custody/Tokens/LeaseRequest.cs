using Gatehouse.Platform;

namespace Gatehouse.Custody.Tokens;

/// <summary>A request for a token.</summary>
/// <param name="Label">1 to 64 lower-case letters, digits and hyphens, neither first nor last a hyphen. It becomes part of
/// the secret's name, and Key Vault's names are case-insensitive.</param>
/// <param name="Owner">The caller: 1 to 256 characters.</param>
/// <param name="Delivery">How the token is delivered.</param>
/// <param name="ExpiresIn">The time until the lease ends: a second to ten years; null for never.</param>
/// <param name="RotateEvery">The highest age of the token before the timer replaces it: a minute to ten years; null for no
/// rotation. Only for tokens that are delivered to the vault: a token from a response could not be replaced.</param>
public sealed record LeaseRequest(
    string Label, string Owner, TokenDelivery Delivery, TimeSpan? ExpiresIn = null, TimeSpan? RotateEvery = null)
{
    /// <summary>The most characters of a label.</summary>
    public const int LabelLength = 64;

    private const int OwnerLength = 256;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>Validates the request.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Invalid"/>. The message says what is wrong.</exception>
    internal void Check()
    {
        if (!IsLabel(Label))
        {
            if (ApiToken.TryParse(Label) is not null) throw CustodyException.Invalid("label must be a name, not an API token.");
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
            throw CustodyException.Invalid("rotate_every_seconds needs deliver to be vault: a token in a response could not be replaced.");
    }

    /// <summary>Whether a text can be a label. An API token cannot: labels are in secrets' names and in the audit trail.</summary>
    public static bool IsLabel(string label) =>
        label.Length is >= 1 and <= LabelLength
        && label.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')
        && label[0] != '-' && label[^1] != '-'
        && ApiToken.TryParse(label) is null;
}

/// <summary>A token that was issued, first or by rotation.</summary>
/// <param name="Token">The token, where it is delivered in the response; null where it is in the vault.</param>
/// <param name="TokenId">The token's fingerprint.</param>
/// <param name="Label">The lease's label.</param>
/// <param name="SecretName">The secret's name in the vault; null where the token is in the response.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="ExpiresAt">When the lease ends; null for never.</param>
/// <param name="NextRotationAt">When the timer replaces the token; null for never.</param>
/// <param name="Owner">The caller that the lease was granted to.</param>
public sealed record GrantedToken(
    ApiToken? Token, string TokenId, string Label, string? SecretName, DateTimeOffset IssuedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? NextRotationAt, string Owner);

/// <summary>A caller that asks for a change of a token.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ManagesOthers">Whether it may change tokens that were issued to others.</param>
public sealed record TokenCaller(string Name, bool ManagesOthers)
{
    internal bool MayManage(string owner) => ManagesOthers || owner == Name;
}
