using System.Buffers;
using Gatehouse.Access.Callers;
using Gatehouse.Common;
using Gatehouse.Platform;

namespace Gatehouse.Access.Audit;

/// <summary>
/// What a call was about within an application: <c>token:91c3...</c>, <c>push:5f0a...</c>, <c>secret:...</c>,
/// <c>days:2024-05-01..2024-05-31</c>. It can be created from these things only, and never from text that looks like an API
/// token, so that no secret gets into the audit trail by mistake.
/// </summary>
public sealed record AuditSubject
{
    private const int FingerprintLength = 16;
    private const int PushIdLength = 40;
    private const int SecretNameLength = 127;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> SecretNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly string text;

    private AuditSubject(string text) => this.text = text;

    /// <summary>An API token, by its fingerprint.</summary>
    public static AuditSubject Token(ApiToken token) => new($"token:{token.Fingerprint}");

    /// <summary>An API token, by its fingerprint: 16 lower-case hex digits.</summary>
    /// <exception cref="ArgumentException">It is not a fingerprint.</exception>
    public static AuditSubject Token(string fingerprint) => IsHex(fingerprint, FingerprintLength)
        ? new($"token:{fingerprint}")
        : throw new ArgumentException("Not the fingerprint of a token.", nameof(fingerprint));

    /// <summary>An API token that was issued to another caller than the one of the entry: <c>token:91c3... of billing</c>.</summary>
    /// <exception cref="ArgumentException">It is not a fingerprint, or not the name of a caller.</exception>
    public static AuditSubject TokenOf(string fingerprint, string owner) => Caller.IsName(owner)
        ? new($"{Token(fingerprint)} of {owner}")
        : throw new ArgumentException("Not the name of a caller.", nameof(owner));

    /// <summary>
    /// A push configuration, by the first 16 of its id's 40 hex digits: the whole id looks like an API token.
    /// </summary>
    /// <exception cref="ArgumentException">It is not such an id.</exception>
    public static AuditSubject PushConfiguration(string id) =>
        TryPushConfiguration(id) ?? throw new ArgumentException("Not the id of a push configuration.", nameof(id));

    /// <summary>The same for an id from the platform; null where it is not such an id.</summary>
    public static AuditSubject? TryPushConfiguration(string id) =>
        IsHex(id, PushIdLength) ? new($"push:{id.AsSpan(0, FingerprintLength)}") : null;

    /// <summary>A secret in the vault, by its name.</summary>
    /// <exception cref="ArgumentException">It is not the name of a secret, or looks like an API token.</exception>
    public static AuditSubject Secret(string name) =>
        name.Length is >= 1 and <= SecretNameLength && !name.AsSpan().ContainsAnyExcept(SecretNameCharacters)
        && ApiToken.TryParse(name) is null
            ? new($"secret:{name}")
            : throw new ArgumentException("Not the name of a secret.", nameof(name));

    /// <summary>Days, both included.</summary>
    public static AuditSubject Days(DateOnly from, DateOnly to) =>
        new($"days:{IsoDate.Text(from)}..{IsoDate.Text(to)}");

    /// <summary>The kind, a colon, and the name.</summary>
    public override string ToString() => text;

    /// <summary>Reads the subject in a row.</summary>
    internal static AuditSubject Read(string text) => new(text);

    private static bool IsHex(string text, int length) => text.Length == length && !text.AsSpan().ContainsAnyExcept(HexDigits);
}
