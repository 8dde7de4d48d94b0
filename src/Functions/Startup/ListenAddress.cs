using System.Net;
using System.Net.Sockets;

namespace Gatehouse.Functions.Startup;

/// <summary>An address that the server listens on, as a client on the same machine calls it.</summary>
public static class ListenAddress
{
    /// <summary>
    /// The address to call, without a slash at the end: loopback for a server that listens on every address of the machine. Null if
    /// the text is not an address.
    /// </summary>
    /// <param name="address">One of the addresses of <c>Urls</c>, such as <c>http://*:8080</c>.</param>
    public static Uri? OnThisMachine(string address)
    {
        var separator = address.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0) return null;
        // Not all of Kestrel's addresses are URIs: http://*:80 and http://+:80 mean every address.
        var authority = address[(separator + 3)..].Trim().TrimEnd('/');
        if (authority.StartsWith('*') || authority.StartsWith('+')) authority = $"{IPAddress.Any}{authority[1..]}";
        if (!Uri.TryCreate($"{address[..separator].Trim()}://{authority}", UriKind.Absolute, out var uri)) return null;
        if (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) return null;
        return IPAddress.TryParse(uri.DnsSafeHost, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? new UriBuilder(uri) { Host = LoopbackOf(ip) }.Uri
            : uri;
    }

    // A server on [::] also answers at 127.0.0.1, unless the machine has IPv6 only.
    private static string LoopbackOf(IPAddress ip) =>
        ip.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv4 ? "[::1]" : IPAddress.Loopback.ToString();
}
