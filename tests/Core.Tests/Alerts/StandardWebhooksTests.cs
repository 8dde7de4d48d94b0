using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Alerts;
using Microsoft.AspNetCore.Http;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace Gatehouse.Tests.Alerts;

/// <summary>Alerts as they arrive, verified by the StandardWebhooks package, as a receiver in .NET would.</summary>
public sealed class StandardWebhooksTests : IAsyncLifetime
{
    private const string Id = "msg_2Lh9KRb0pzN4LePd3XiA4v12Axj";
    private const string Body = """{"type":"token.rotated","data":{"label":"Zoë 🔑"}}""";

    private readonly string current = NewSecret();
    private readonly string next = NewSecret();
    private readonly HeaderDictionary headers = [];
    private AlertReceiverDouble receiver = null!;

    public async Task InitializeAsync()
    {
        receiver = await AlertReceiverDouble.StartAsync();
        receiver.Answer = context =>
        {
            foreach (var (name, value) in context.Request.Headers) headers[name] = value;
            return Task.CompletedTask;
        };
    }

    public Task DisposeAsync() => receiver.DisposeAsync().AsTask();

    [Fact]
    public async Task An_alert_is_verified()
    {
        new StandardWebhook(current).Verify(await SendAsync(current), headers);
        Assert.Equal(headers["webhook-signature"], new StandardWebhook(current).Sign(Id, SentAt, Body));
    }

    [Fact]
    public async Task While_a_secret_is_replaced_an_alert_is_verified_with_either()
    {
        var body = await SendAsync(next, current);
        var signatures = headers["webhook-signature"].ToString().Split(' ');
        Assert.Equal(2, signatures.Length);
        new StandardWebhook(next).Verify(body, headers);
        Assert.Throws<WebhookVerificationException>(() => new StandardWebhook(NewSecret()).Verify(body, headers));

        // The package passes over the last of several signatures, so it gets that one alone.
        headers["webhook-signature"] = signatures[1];
        new StandardWebhook(current).Verify(body, headers);
        Assert.Throws<WebhookVerificationException>(() => new StandardWebhook(next).Verify(body, headers));
    }

    [Fact]
    public async Task A_changed_body_is_refused()
    {
        var body = await SendAsync(current);
        Refuse(body.Replace("rotated", "revoked", StringComparison.Ordinal));
        Refuse(body + " ");
    }

    [Theory]
    [InlineData("webhook-id", "msg_another")]
    [InlineData("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=")]
    public async Task A_changed_header_is_refused(string name, string value)
    {
        var body = await SendAsync(current);
        headers[name] = value;
        Refuse(body);
    }

    [Fact]
    public async Task A_later_time_than_the_signed_one_is_refused()
    {
        var body = await SendAsync(current);
        headers["webhook-timestamp"] = (SentAt.ToUnixTimeSeconds() + 1).ToString(CultureInfo.InvariantCulture);
        Refuse(body);
    }

    [Fact]
    public async Task An_alert_that_was_sent_six_minutes_ago_is_refused()
    {
        var body = await SendAsync(DateTimeOffset.UtcNow.AddMinutes(-6), current);
        Assert.Equal(headers["webhook-signature"], new StandardWebhook(current).Sign(Id, SentAt, Body));
        Assert.Contains("too old", Refuse(body), StringComparison.Ordinal);
    }

    private DateTimeOffset SentAt =>
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers["webhook-timestamp"]!, CultureInfo.InvariantCulture));

    private static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private Task<string> SendAsync(params string[] secrets) => SendAsync(DateTimeOffset.UtcNow, secrets);

    // Sends the alert, and returns the body as it arrived.
    private async Task<string> SendAsync(DateTimeOffset at, params string[] secrets)
    {
        var target = new AlertReceiver(receiver.Address, [.. secrets.Select(secret => AlertSecret.TryParse(secret)!)]);
        using var sender = new AlertSender(target, TimeSpan.FromSeconds(30), new TestClock(at));
        var result = await sender.SendAsync(Id, Encoding.UTF8.GetBytes(Body), CancellationToken.None);
        Assert.True(result.IsDelivered);
        return Assert.Single(receiver.Received).Body;
    }

    private string Refuse(string body) =>
        Assert.Throws<WebhookVerificationException>(() => new StandardWebhook(current).Verify(body, headers)).Message;
}
