namespace Gatehouse.Custody;

/// <summary>What kind of thing has happened to a secret in custody.</summary>
public enum CustodyEventKind
{
    /// <summary>A token was replaced by a new one.</summary>
    TokenRotated,

    /// <summary>A token was revoked at the end of its lease.</summary>
    TokenExpired,

    /// <summary>The platform refuses the master token that the vault holds.</summary>
    MasterTokenRefused,

    /// <summary>
    /// After a crash, several tokens appeared of which at most one is ours: none was revoked, and a person must look.
    /// </summary>
    TokensUnexplained,
}

/// <summary>Something that others may want to be told. It holds no secret.</summary>
/// <param name="Key">The same for the same event, however often it is announced.</param>
/// <param name="Kind">What has happened.</param>
/// <param name="Application">To which application.</param>
/// <param name="Label">To which lease; null where it is none's.</param>
/// <param name="TokenId">The token it is about: the new one of a rotation; null where it is about none.</param>
/// <param name="At">When it was seen.</param>
public sealed record CustodyEvent(
    string Key, CustodyEventKind Kind, AppId Application, string? Label, string? TokenId, DateTimeOffset At)
{
    internal static CustodyEvent Rotated(AppId application, string label, string tokenId, DateTimeOffset at) =>
        new($"token-rotated:{application}:{tokenId}", CustodyEventKind.TokenRotated, application, label, tokenId, at);

    internal static CustodyEvent Expired(AppId application, string label, string tokenId, DateTimeOffset at) =>
        new($"token-expired:{application}:{tokenId}", CustodyEventKind.TokenExpired, application, label, tokenId, at);

    internal static CustodyEvent MasterRefused(AppId application, string version, DateTimeOffset at) =>
        new($"master-token-refused:{application}:{version}", CustodyEventKind.MasterTokenRefused, application, null, null, at);

    internal static CustodyEvent Unexplained(AppId application, DateTimeOffset from, DateTimeOffset at) =>
        new($"tokens-unexplained:{application}:{from.ToUnixTimeMilliseconds()}", CustodyEventKind.TokensUnexplained, application, null, null, at);
}

/// <summary>
/// Keeps an event for those who want to be told. It is called just before the commit that makes it final, so that none is
/// lost; with the same <see cref="CustodyEvent.Key"/> again where that commit had to be repeated. A process that is killed
/// between the two may have announced a rotation that is then undone.
/// </summary>
public delegate ValueTask CustodyAnnouncer(CustodyEvent happened, CancellationToken cancellation);
