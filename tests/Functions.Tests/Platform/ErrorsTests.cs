using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck.Fluent;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class ErrorsTests(TestStore store, Head head) : IAsyncLifetime
{
    private RunningGatehouse gatehouse = null!;
    private protected CreatedApplication application = null!;

    private protected PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(store: store);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v3")]
    [InlineData("GET", "/v3/users")]
    [InlineData("GET", "/v3/applications/unknown")]
    [InlineData("GET", "/v3/applications/push")]
    [InlineData("GET", "/v3/applications/push/apns/x/y")]
    [InlineData("GET", "/v2/applications")]
    [InlineData("PUT", "/v3/applications")]
    [InlineData("PATCH", "/v3/applications/info")]
    [InlineData("POST", "/v3/applications/info")]
    [InlineData("OPTIONS", "/v3/applications")]
    [InlineData("DELETE", "/v3/applications/api_tokens")]
    [InlineData("BREW", "/v3/applications")]
    public async Task An_unknown_URL_or_method_is_refused_with_a_body(string method, string path)
    {
        foreach (var credential in new[] { Credential.None, application.Master, Api.Organization })
            (await Api.SendAsync(new HttpMethod(method), path, credential)).Refused(400404);
    }

    [Fact]
    public async Task A_HEAD_request_is_refused_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v3/applications/info");

        Assert.Equal(HttpStatusCode.BadRequest, (await Api.SendAsync(request)).Status);
    }

    [Fact]
    public async Task A_JSON_body_of_64_KiB_is_read_and_one_byte_more_is_413()
    {
        var padding = new string(' ', 64 * 1024 - """{"name":"x"}""".Length);

        (await Api.PostAsync("/v3/applications", Api.Organization, $$"""{"name":"x"}{{padding}}""")).Ok();
        (await Api.PostAsync("/v3/applications", Api.Organization, $$"""{"name":"x"}{{padding}} """)).Refused(400110, HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public Task No_JSON_body_causes_an_internal_error()
    {
        var text = Gen.OneOf(
            Gen.Elements("{", "}", "[", "]", ":", ",", "\"name\"", "\"gcm_api_key\"", "null", "true", "1e999", "\"\\ud800\"", "\"\\u0000\"", " "),
            from bytes in Gen.ListOf(Gen.Choose(0, 255)) select Encoding.Latin1.GetString([.. bytes.Select(value => (byte)value)]));
        var body = from pieces in Gen.ListOf(text) select string.Concat(pieces);
        var shaped =
            from value in body
            from name in Gen.Elements("name", "gcm_sender_id", "\\ud800")
            select $"{{\"{name}\":{value},\"gcm_api_key\":{value}}}";

        return Properties.CheckAsync(Gen.OneOf(body, shaped), async json =>
        {
            foreach (var (path, credential) in new[]
            {
                ("/v3/applications", Api.Organization),
                ("/v3/applications/api_tokens", application.Master),
                ("/v3/applications/push/gcm", application.Master),
                ("/v3/applications/push/fcm", application.Master),
            })
            {
                var content = new ByteArrayContent(Encoding.Latin1.GetBytes(json));
                var answer = await Api.SendAsync(HttpMethod.Post, path, credential, content);
                Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.BadRequest, answer.Text);
                Assert.Equal(System.Text.Json.JsonValueKind.Object, answer.Body.ValueKind);
            }
        }, tests: store.OfHundred * 3 / 2);
    }

    [Fact]
    public async Task Path_values_are_percent_decoded_and_never_cause_an_internal_error()
    {
        var value = from bytes in Gen.NonEmptyListOf(Gen.Choose(1, 255))
                    select string.Concat(bytes.Select(one => $"%{one:X2}"));

        await Properties.CheckAsync(value, async text =>
        {
            var answer = await Api.GetAsync($"/v3/applications/api_tokens/{text}", application.Master);
            answer.Refused(text.Contains("%2F", StringComparison.Ordinal) ? answer.Body.GetProperty("code").GetInt32() : 400201);
            await Api.GetAsync($"/v3/applications/push/{text}", application.Master);
        }, store.OfHundred);
        var encoded = string.Concat(application.Master.Value.Select(digit => $"%{(int)digit:X2}"));
        (await Api.GetAsync($"/v3/applications/api_tokens/{encoded}", application.Master)).Ok();
    }
}

/// <summary>
/// The server answers before the rest of a body has arrived. The Functions host reads the whole body before it forwards anything,
/// and accepts at most 30 MB.
/// </summary>
public sealed class ErrorsOnSqliteTests() : ErrorsTests(TestStore.Sqlite, Head.Server)
{
    [Theory]
    [InlineData("POST /v3/applications", "Content-Length: 1000000000")]
    [InlineData("POST /v3/applications", "Transfer-Encoding: chunked")]
    [InlineData("POST /v3/applications/push/apns", "Content-Length: 20000000\r\nContent-Type: multipart/form-data; boundary=b")]
    [InlineData("POST /v3/applications/push/apns", "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b")]
    public async Task A_body_over_its_limit_is_answered_before_it_has_been_sent(string line, string headers)
    {
        var credential = line.EndsWith("apns", StringComparison.Ordinal) ? application.Master : Api.Organization;
        using var client = new TcpClient();
        await client.ConnectAsync(Api.Address.Host, Api.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{line} HTTP/1.1\r\nHost: x\r\n{credential.Header}: {credential.Value}\r\n{headers}\r\n\r\n"));
        if (headers.StartsWith("Transfer", StringComparison.Ordinal)) await SendChunksAsync(stream, 6 * 1024 * 1024);

        // The body never ends, so a server that waits for its end would not answer.
        using var reader = new StreamReader(stream, Encoding.ASCII);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(timeout.Token), StringComparison.Ordinal);
        while (await reader.ReadLineAsync(timeout.Token) is { Length: > 0 })
        {
        }
        var answer = new char[512];
        var length = await reader.ReadAsync(answer, timeout.Token);
        Assert.Contains("\"code\":400110", new string(answer, 0, length), StringComparison.Ordinal);
    }

    private static async Task SendChunksAsync(NetworkStream stream, int bytes)
    {
        var chunk = Encoding.ASCII.GetBytes("4000\r\n" + new string(' ', 0x4000) + "\r\n");
        try
        {
            for (var sent = 0; sent < bytes; sent += 0x4000) await stream.WriteAsync(chunk);
        }
        catch (IOException)
        {
            // The server has closed its side: it has read enough.
        }
    }
}

public sealed class ErrorsOnAzuriteTests() : ErrorsTests(TestStore.Azurite, Head.Server);

public sealed class ErrorsOnFunctionsHostTests() : ErrorsTests(TestStore.Sqlite, Head.FunctionsHost);
