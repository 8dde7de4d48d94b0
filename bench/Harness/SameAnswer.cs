using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gatehouse.Bench.Harness;

/// <summary>Checks that both servers answer the same bytes, so the comparison is fair.</summary>
internal static partial class SameAnswer
{
    /// <exception cref="BenchException">The answers differ.</exception>
    public static async Task RequireAsync(Uri product, Uri peer, string token, CancellationToken cancellation)
    {
        var ofProduct = await AskAsync(product, token, cancellation);
        var ofPeer = await AskAsync(peer, token, cancellation);
        if (ofProduct != ofPeer) throw new BenchException($"The two answer differently:\n{ofProduct}\n\n{ofPeer}");
    }

    private static async Task<string> AskAsync(Uri server, string token, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, cancellation);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET {Rig.ViewPath} HTTP/1.1\r\nHost: localhost\r\nApi-Token: {token}\r\nConnection: close\r\n\r\n"),
            cancellation);
        using var reader = new StreamReader(new NetworkStream(socket));
        return Date().Replace(await reader.ReadToEndAsync(cancellation), "Date: now");
    }

    [GeneratedRegex(@"Date: [^\r]+")]
    private static partial Regex Date();
}
