using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Limits wrong credentials: a hundred from one address, and fifty times the same one, at once and then in a minute. Past that, a
/// credential is not checked any more, and the answer is 429. What is not checked does not count, so one wrong credential that is
/// sent again and again leaves half of its address's allowance to the others.
/// </summary>
/// <remarks>
/// <para>A credential that has been accepted since the wrong ones began is never limited by its address, so that the callers
/// behind a proxy do not lock each other out. A minute after the last wrong credential, nothing is looked up any more.</para>
/// <para>The address is the peer's. If the peer is this machine, as a reverse proxy is, or the Functions host, it is the last one
/// in <c>X-Forwarded-For</c>, which the proxy has written. Of an IPv6 address the first 64 bits count.</para>
/// <para>Signatures of webhooks are not limited: all applications' webhooks come from the platform's few addresses, and those of one
/// that is no longer in custody must not stop the others'.</para>
/// <para>Refusals are logged once a minute for each address and reason, with the number of those without a line.</para>
/// </remarks>
public sealed partial class CredentialLimit(TimeProvider time, ILogger<CredentialLimit> log)
{
    /// <summary>How many wrong credentials of one address are checked at once, and then in a minute.</summary>
    public const int Most = 100;

    /// <summary>How often one wrong credential is checked at once, and then in a minute.</summary>
    public const int MostOfOne = 50;

    // The most addresses, credentials and reasons that are remembered. Past that, all are forgotten.
    private const int MostRemembered = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly byte[] hashKey = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, long> limits = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> accepted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (long Since, int Unlogged)> lines = new(StringComparer.Ordinal);

    private readonly Lock raising = new();

    // When all allowances will be full again, on the clock of elapsed time.
    private long allFull = long.MinValue;

    /// <summary>How long the caller must wait before its credential is checked; null for no wait. A wait is logged.</summary>
    /// <param name="context">The request.</param>
    /// <param name="credential">The credential as it was sent; null for none.</param>
    public TimeSpan? WaitOf(HttpContext context, string? credential)
    {
        if (!IsLimiting) return null;
        var name = credential is null ? null : NameOf(credential);
        if (name is not null && accepted.ContainsKey(name)) return null;
        var wait = Longer(WaitOf(AddressOf(context)), name is null ? TimeSpan.Zero : WaitOf(name));
        if (wait <= TimeSpan.Zero) return null;
        Log(context, "too many wrong credentials");
        return wait;
    }

    /// <summary>A credential was accepted.</summary>
    public void Accept(string credential)
    {
        if (!IsLimiting) return;
        Bound(accepted);
        accepted.TryAdd(NameOf(credential), true);
    }

    /// <summary>A credential was wrong: it counts.</summary>
    /// <param name="context">The request.</param>
    /// <param name="credential">The credential as it was sent.</param>
    public void Refuse(HttpContext context, string credential)
    {
        Measures.CredentialsRefused.Add(1);
        Bound(limits);
        Count(AddressOf(context), Most);
        Count(NameOf(credential), MostOfOne);
        accepted.TryRemove(NameOf(credential), out _);
    }

    /// <summary>Logs a refusal, unless one of the same address and reason was logged in the last minute.</summary>
    public void Log(HttpContext context, string reason)
    {
        Bound(lines);
        var (address, now) = (AddressOf(context), time.GetTimestamp());
        var unlogged = -1;
        lines.AddOrUpdate(
            $"{address} {reason}",
            _ =>
            {
                unlogged = 0;
                return (now, 0);
            },
            (_, line) =>
            {
                var isDue = time.GetElapsedTime(line.Since, now) >= Window;
                unlogged = isDue ? line.Unlogged : -1;
                return isDue ? (now, 0) : (line.Since, line.Unlogged + 1);
            });
        if (unlogged >= 0) LogRefused(context.TraceIdentifier, address, reason, unlogged);
    }

    // Whether any address or credential has less than its whole allowance. While none ever had, the clock is not read.
    private bool IsLimiting => Volatile.Read(ref allFull) is > long.MinValue and var full && full > time.GetTimestamp();

    // What is stored is the time at which the allowance is full again, on the clock of elapsed time.
    private void Count(string name, int most)
    {
        var now = time.GetTimestamp();
        var full = limits.AddOrUpdate(name, _ => now + Ticks(Window / most), (_, full) => Math.Max(now, full) + Ticks(Window / most));
        lock (raising) Volatile.Write(ref allFull, Math.Max(allFull, full));
    }

    private TimeSpan WaitOf(string name) =>
        limits.TryGetValue(name, out var full) ? time.GetElapsedTime(time.GetTimestamp(), full) - Window : TimeSpan.Zero;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    // Only a hash is kept, under a key of this process.
    private string NameOf(string credential) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(hashKey, Encoding.UTF8.GetBytes(credential)));

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static void Bound<T>(ConcurrentDictionary<string, T> remembered)
    {
        if (remembered.Count >= MostRemembered) remembered.Clear();
    }

    private static string AddressOf(HttpContext context)
    {
        var peer = context.Connection.RemoteIpAddress ?? IPAddress.Loopback;
        if (IPAddress.IsLoopback(peer) && context.Request.Headers["X-Forwarded-For"] is [.., { } forwarded])
        {
            // Some proxies add the port.
            var last = forwarded.AsSpan(forwarded.LastIndexOf(',') + 1).Trim();
            if (IPEndPoint.TryParse(last, out var endpoint)) peer = endpoint.Address;
        }
        if (peer.IsIPv4MappedToIPv6) peer = peer.MapToIPv4();
        if (peer.GetAddressBytes() is not { Length: 16 } bytes || IPAddress.IsLoopback(peer)) return peer.ToString();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    [LoggerMessage(120, LogLevel.Information, "Request {RequestId} of {Address} was refused: {Reason}. Refused like this without a line since the last one: {Unlogged}.")]
    private partial void LogRefused(string requestId, string address, string reason, int unlogged);
}
