using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access;

namespace Gatehouse.Tests.Access;

public sealed class WebhookSignatureTests
{
    private const string Secret = "5add197438b9bc373af63a0f043daa93820dc474";
    private const string Previous = "a57443d25be53da3242e6d5db0b6e324e26bc127";

    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"channel_url":"a\/b"}""");

    [Fact]
    public void The_default_verdict_is_a_refusal() => Assert.NotEqual(SignatureVerdict.Right, default);

    [Fact]
    public void A_signature_with_any_valid_secret_is_right()
    {
        Assert.Equal(SignatureVerdict.Right, Verify(Sign(Secret), Secret));
        Assert.Equal(SignatureVerdict.Right, Verify(Sign(Secret), Secret, Previous));
        Assert.Equal(SignatureVerdict.Right, Verify(Sign(Previous), Secret, Previous));
    }

    [Fact]
    public void A_signature_for_another_body_or_secret_is_wrong_and_without_a_secret_every_signature_is()
    {
        Assert.Equal(SignatureVerdict.Wrong, Verify(Sign(Previous), Secret));
        Assert.Equal(SignatureVerdict.Wrong, Verify(Sign(Secret)));
        Assert.Equal(SignatureVerdict.Wrong, Verify(Sign("")));
        Assert.Equal(SignatureVerdict.Wrong, WebhookSignature.Verify("""{"channel_url":"a/b"}"""u8, [Sign(Secret)], Secret));
    }

    [Fact]
    public void Each_changed_digit_makes_it_wrong()
    {
        var right = Sign(Secret);
        for (var at = 0; at < right.Length; at++)
        {
            var changed = right[..at] + (right[at] == '0' ? '1' : '0') + right[(at + 1)..];
            Assert.Equal(SignatureVerdict.Wrong, Verify(changed, Secret));
        }
    }

    [Fact]
    public void Only_64_lower_case_hexadecimal_digits_are_well_formed()
    {
        var right = Sign(Secret);
        foreach (var text in (string[])["", right[..63], right + "0", right.ToUpperInvariant(), $" {right[1..]}", $"{right}, {right}", "sha256=" + right])
            Assert.Equal(SignatureVerdict.Malformed, Verify(text, Secret));
    }

    [Fact]
    public void No_signature_is_missing_and_two_are_repeated()
    {
        Assert.Equal(SignatureVerdict.Missing, WebhookSignature.Verify(Body, [], Secret));
        Assert.Equal(SignatureVerdict.Malformed, WebhookSignature.Verify(Body, [null], Secret));
        Assert.Equal(SignatureVerdict.Repeated, WebhookSignature.Verify(Body, [Sign(Secret), Sign(Secret)], Secret));
    }

    private static SignatureVerdict Verify(string signature, params string[] secrets) => WebhookSignature.Verify(Body, [signature], secrets);

    private static string Sign(string secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Body));
}
