using System.Net;
using System.Text.Json;
using Gatehouse.Common;
using Gatehouse.Functions.Http.Gates;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Server.Http;

/// <summary>
/// Decides who may run a timer now: who sends the local key, and without a key a program on this machine that speaks to the
/// server directly.
/// </summary>
/// <remarks>
/// A page in a browser on this machine can send requests too, and so can others through a proxy on it. So without a key the
/// request must have a <c>Host</c> of this machine, no <c>Origin</c> of another, and no trace of a proxy.
/// </remarks>
/// <param name="isLocalKey">Whether a text is the local key.</param>
/// <param name="limit">Limits wrong keys, as those of other calls; null for no limit.</param>
internal sealed class AdminAccess(Func<string, bool> isLocalKey, CredentialLimit? limit = null)
{
    private const string KeyHeader = "X-Gatehouse-Key";

    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"];

    /// <summary>Without a key of its own.</summary>
    public AdminAccess() : this(_ => false)
    {
    }

    /// <summary>How long the caller must wait before its key is checked; null for no wait.</summary>
    public TimeSpan? WaitOf(HttpContext context) => KeyOf(context) is { } key ? limit?.WaitOf(context, key) : null;

    /// <summary>Whether the request may run a timer.</summary>
    public bool Allows(HttpContext context)
    {
        if (KeyOf(context) is not { } key) return IsFromHere(context) && IsDirect(context.Request);
        if (isLocalKey(key))
        {
            limit?.Accept(key);
            return true;
        }
        limit?.Refuse(context, key);
        limit?.Log(context, "wrong local key");
        return false;
    }

    /// <summary>Whether the peer is this machine.</summary>
    public static bool IsFromHere(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote);

    /// <summary>Answers with a problem (RFC 9457).</summary>
    public static async Task RefuseAsync(HttpContext context, int status, string type, string title, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, JsonText.ForReaders);
        json.WriteStartObject();
        json.WriteString("type"u8, $"urn:gatehouse:problem:{type}");
        json.WriteString("title"u8, title);
        json.WriteNumber("status"u8, status);
        json.WriteString("detail"u8, detail);
        json.WriteString("request_id"u8, context.TraceIdentifier);
        json.WriteEndObject();
    }

    private static string? KeyOf(HttpContext context) => context.Request.Headers[KeyHeader] is [{ } key] ? key : null;

    // Proxies that add no header still speak HTTP/1.0, as nginx does by default.
    private static bool IsDirect(HttpRequest request) =>
        request.Protocol != HttpProtocol.Http10
        && !ProxyHeaders.Any(request.Headers.ContainsKey)
        && (request.Host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(request.Host.Host, out var host) && IPAddress.IsLoopback(host)))
        && (request.Headers.Origin.Count == 0
            || string.Equals(request.Headers.Origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
}
