using System.Buffers;
using Gatehouse.Common;
using Gatehouse.Platform;

namespace Gatehouse.Access;

/// <summary>
/// What of an application a call was about: <c>token:91c3...</c>, <c>push:5f0a...</c>, <c>secret:...</c>,
/// <c>days:2024-05-01..2024-05-31</c>. Made of these things alone, and never of what has the shape of an API token, so that
/// no secret comes into the audit trail by mistake.
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

    /// <summary>An API token, by the fingerprint that names it: 16 lower-case hex digits.</summary>
    /// <exception cref="ArgumentException">It is no fingerprint.</exception>
    public static AuditSubject Token(string fingerprint) => IsHex(fingerprint, FingerprintLength)
        ? new($"token:{fingerprint}")
        : throw new ArgumentException("It is no token's fingerprint.", nameof(fingerprint));

    /// <summary>A push configuration, by the first 16 of its id's 40 hex digits: the whole looks like an API token.</summary>
    /// <exception cref="ArgumentException">It is no such id.</exception>
    public static AuditSubject PushConfiguration(string id) =>
        TryPushConfiguration(id) ?? throw new ArgumentException("It is no push configuration's id.", nameof(id));

    /// <summary>The same for an id that the platform gave; null where it is none such.</summary>
    public static AuditSubject? TryPushConfiguration(string id) =>
        IsHex(id, PushIdLength) ? new($"push:{id.AsSpan(0, FingerprintLength)}") : null;

    /// <summary>A secret in the vault, by its name.</summary>
    /// <exception cref="ArgumentException">It is no name of a secret, or looks like an API token.</exception>
    public static AuditSubject Secret(string name) =>
        name.Length is >= 1 and <= SecretNameLength && !name.AsSpan().ContainsAnyExcept(SecretNameCharacters)
        && ApiToken.TryParse(name) is null
            ? new($"secret:{name}")
            : throw new ArgumentException("It is no secret's name.", nameof(name));

    /// <summary>Days, both included.</summary>
    public static AuditSubject Days(DateOnly from, DateOnly to) =>
        new($"days:{IsoDate.Text(from)}..{IsoDate.Text(to)}");

    /// <summary>The kind, a colon, and what names it.</summary>
    public override string ToString() => text;

    /// <summary>The subject that a row holds.</summary>
    internal static AuditSubject Read(string text) => new(text);

    private static bool IsHex(string text, int length) => text.Length == length && !text.AsSpan().ContainsAnyExcept(HexDigits);
}
