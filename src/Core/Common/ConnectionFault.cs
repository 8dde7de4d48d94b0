using System.Security.Authentication;

namespace Gatehouse.Common;

/// <summary>Why there was no connection to another system, for an operator.</summary>
internal static class ConnectionFault
{
    /// <summary>The system cannot be reached, and the reason if it is known. It quotes nothing of a request or an answer.</summary>
    /// <param name="system">Its name, such as <c>Key Vault</c>.</param>
    /// <param name="e">What the HTTP client threw.</param>
    public static string Explain(string system, Exception? e) =>
        Reason(e) is { } reason ? $"{system} cannot be reached: {reason}." : $"{system} cannot be reached.";

    /// <summary>Why no request was sent, as a part of a sentence; null for any other exception.</summary>
    public static string? Reason(Exception? e) => e is HttpRequestException failed
        ? failed.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its host is not known",
            HttpRequestError.ConnectionError => "there is no connection",
            HttpRequestError.ProxyTunnelError => "the proxy does not connect to it",
            HttpRequestError.SecureConnectionError => failed.InnerException is AuthenticationException tls
                ? $"TLS fails ({tls.Message.TrimEnd('.')})"
                : "TLS fails",
            _ => null,
        }
        : null;
}
