using System.Text;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>The credentials in a request to the platform.</summary>
/// <param name="User">The user of HTTP Basic; null where it is not sent.</param>
/// <param name="Password">The password of HTTP Basic.</param>
/// <param name="Token">The value of <c>Api-Token</c>; null where it is not sent.</param>
internal readonly record struct RequestCredentials(string? User, string? Password, string? Token)
{
    private const string Scheme = "Basic ";

    /// <summary>The credential as one text, to recognize it; null where none is sent.</summary>
    public string? Sent => Token ?? (User is null ? null : $"{User}:{Password}");

    /// <summary>Reads the headers.</summary>
    /// <exception cref="PlatformException">400401: both kinds are sent, one is sent twice, or Basic is malformed.</exception>
    public static RequestCredentials Read(HttpRequest request)
    {
        var tokens = request.Headers["Api-Token"];
        var authorizations = request.Headers.Authorization;
        if (tokens.Count > 1) throw PlatformException.InvalidCredential("Api-Token must be sent once.");
        if (authorizations.Count > 1) throw PlatformException.InvalidCredential("Authorization must be sent once.");
        string? token = tokens;
        var basic = (string?)authorizations is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value : null;
        if (token is not null && basic is not null)
            throw PlatformException.InvalidCredential("Either HTTP Basic or Api-Token can be sent, not both.");
        return basic is null ? new(null, null, token) : Basic(basic[Scheme.Length..].Trim());
    }

    private static RequestCredentials Basic(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length)) throw Malformed();
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? throw Malformed() : new(text[..colon], text[(colon + 1)..], null);
    }

    private static PlatformException Malformed() =>
        PlatformException.InvalidCredential("Authorization is not valid HTTP Basic.");
}
