using System.Text;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>The credentials that a request to the platform carries, of either kind.</summary>
/// <param name="User">The user of HTTP Basic; null where there is no such header.</param>
/// <param name="Password">The password of HTTP Basic.</param>
/// <param name="Token">The value of <c>Api-Token</c>; null where there is no such header.</param>
internal readonly record struct RequestCredentials(string? User, string? Password, string? Token)
{
    private const string Scheme = "Basic ";

    /// <summary>Reads the headers.</summary>
    /// <exception cref="PlatformException">400401 for both kinds at once, for one given twice, or for what is no Basic.</exception>
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
