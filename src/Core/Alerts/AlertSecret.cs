using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gatehouse.Alerts;

/// <summary>
/// A secret that alerts are signed with, in the form of Standard Webhooks: <c>whsec_</c> and 24 to 64 bytes in base64
/// (github.com/standard-webhooks/standard-webhooks, "Symmetric").
/// </summary>
public sealed class AlertSecret
{
    private const string Prefix = "whsec_";
    private const int FewestBytes = 24;
    private const int MostBytes = 64;

    private readonly byte[] key;

    private AlertSecret(byte[] key) => this.key = key;

    /// <summary>Parses a secret; null where the text is not one.</summary>
    public static AlertSecret? TryParse(string? text)
    {
        if (text?.StartsWith(Prefix, StringComparison.Ordinal) != true) return null;
        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length is >= FewestBytes and <= MostBytes
            ? new AlertSecret(key[..length])
            : null;
    }

    /// <summary>The signature of a message: <c>v1,</c> and the base64 of the HMAC-SHA256 over its id, time and body.</summary>
    public string Sign(string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>Shows nothing of the secret.</summary>
    public override string ToString() => nameof(AlertSecret);
}
