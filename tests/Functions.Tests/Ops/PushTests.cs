using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Push;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

public abstract partial class PushTests(Head head) : IAsyncLifetime, IDisposable
{
    private readonly RecordedLogs logs = new();
    private RunningGatehouse gatehouse = null!;
    private string path = "";

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(logs: logs);
        var created = await Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        path = $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}/push";
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    public void Dispose()
    {
        logs.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_certificate_is_registered_listed_replaced_and_removed()
    {
        var first = await RegisterAsync("", ("certificate", TestCertificates.P12(CertificateKind.Universal)), ("password", TestCertificates.Password), ("environment", "production"));
        var documented = JsonElement.Parse(DocumentedAnswer().Match(Repository.Read("docs/facade.md")).Value);
        Assert.Equal(documented.EnumerateObject().Select(member => member.Name), first.EnumerateObject().Select(member => member.Name));
        foreach (var name in (string[])["type", "bundle_id", "environment", "environments", "not_removed", "dry_run"])
            Assert.Equal(documented.GetProperty(name).GetRawText(), first.GetProperty(name).GetRawText());
        // The system decides how the type of the user id is written.
        Assert.Contains("CN=Apple Push Services: com.example.app", Text(first, "subject"), StringComparison.Ordinal);
        Assert.InRange(first.GetProperty("days_left").GetInt32(), 362, 365);
        Assert.EndsWith("Z", first.GetProperty("expires_at").GetString(), StringComparison.Ordinal);

        var listed = Assert.Single(await ListAsync());
        Assert.Equal(first.GetProperty("id").GetString(), listed.GetProperty("id").GetString());
        Assert.Equal(
            ("apns", "production", TestCertificates.BundleId, first.GetProperty("expires_at").GetString()),
            (Text(listed, "type"), Text(listed, "environment"), Text(listed, "bundle_id"), Text(listed, "expires_at")));

        var second = await RegisterAsync("?replace=true", ("certificate", TestCertificates.P12(CertificateKind.Production, password: null)));
        Assert.Equal([Text(first, "id")], Texts(second, "replaced"));
        Assert.Equal([Text(second, "id")], (await ListAsync()).Select(one => Text(one, "id")));

        var one = $"{path}/apns/{Text(second, "id")}";
        Assert.Equal(HttpStatusCode.NoContent, (await Api.DeleteAsync(one, Credential.Ops)).Status);
        (await Api.DeleteAsync(one, Credential.Ops)).Problem(HttpStatusCode.NotFound, "not-found");
        (await Api.DeleteAsync($"{path}/hms/{Text(second, "id")}", Credential.Ops)).Problem(HttpStatusCode.NotFound, "not-found");
        Assert.Empty(await ListAsync());
        Assert.DoesNotContain(logs.Lines, line => line.Contains(TestCertificates.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_shows_the_result_and_registers_nothing()
    {
        var old = Text(await RegisterAsync("", ("certificate", TestCertificates.P12(CertificateKind.Production, password: null))), "id");
        var would = (await SendAsync("apns?dry_run=true&replace=true", ("certificate", TestCertificates.P12(CertificateKind.Production, password: null)))).Ok();
        Assert.False(would.TryGetProperty("id", out _));
        Assert.True(would.GetProperty("dry_run").GetBoolean());
        Assert.Equal([old], Texts(would, "replaced"));
        (await SendAsync("fcm?dry_run=true", ("service_account_key", ServiceAccount))).Ok();
        (await Api.PostAsync($"{path}/fcm?dry_run=true", Credential.Ops, Sender)).Ok();
        Assert.Equal([old], (await ListAsync()).Select(one => Text(one, "id")));

        foreach (var query in (string[])["dry_run=yes", "dry_run=true&dry_run=false", "replace=1"])
        {
            (await SendAsync($"apns?{query}", ("certificate", TestCertificates.P12(CertificateKind.Production, password: null))))
                .Problem(HttpStatusCode.BadRequest, "invalid-request");
        }
        Assert.Single(await ListAsync());
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "random bytes", "not-pkcs12" },
        { "too large", "too-large" },
        { "too costly", "too-costly" },
        { "wrong password", "password-wrong" },
        { "no password", "password-missing" },
        { "key only", "no-certificate" },
        { "certificate only", "no-private-key" },
        { "expired", "expired" },
        { "not yet valid", "not-yet-valid" },
        { "not Apple's", "not-apple-push" },
        { "several", "several-certificates" },
        { "wrong environment", "wrong-environment" },
        { "damaged", "unreadable" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_faulty_certificate_is_a_problem_that_names_the_fault_and_nothing_is_registered(string what, string fault)
    {
        (string, object)[] fields = what switch
        {
            "random bytes" => [("certificate", "no certificate at all"u8.ToArray())],
            "too large" => [("certificate", new byte[ApnsCertificateInspector.MaxFileSize + 1])],
            "too costly" => [("certificate", File([(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)], int.MaxValue)), ("password", TestCertificates.Password)],
            "wrong password" => [("certificate", TestCertificates.P12(CertificateKind.Production)), ("password", "wrong")],
            "no password" => [("certificate", TestCertificates.P12(CertificateKind.Production))],
            "key only" => [("certificate", TestCertificates.KeyOnlyP12()), ("password", TestCertificates.Password)],
            "certificate only" => [("certificate", TestCertificates.CertificateOnlyP12(CertificateKind.Production)), ("password", TestCertificates.Password)],
            "expired" => [("certificate", TestCertificates.ExpiredP12(CertificateKind.Production)), ("password", TestCertificates.Password)],
            "not yet valid" => [("certificate", TestCertificates.P12(CertificateKind.Production, null, DateTimeOffset.UtcNow.AddDays(2)))],
            "not Apple's" => [("certificate", TestCertificates.P12(CertificateKind.NotApple, password: null))],
            "several" =>
            [
                ("certificate", File([(TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key),
                    (TestCertificates.Certificate(CertificateKind.Production), null)])),
                ("password", TestCertificates.Password),
            ],
            "wrong environment" => [("certificate", TestCertificates.P12(CertificateKind.Development, password: null)), ("environment", "production")],
            "damaged" => [("certificate", Damaged())],
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        foreach (var query in (string[])["", "?dry_run=true", "?replace=true"])
        {
            var problem = (await SendAsync($"apns{query}", fields)).Problem(HttpStatusCode.BadRequest, "invalid-certificate");
            Assert.Equal(fault, Text(problem, "fault"));
        }
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Of_several_certificates_the_one_for_the_environment_is_registered_and_a_real_choice_is_named()
    {
        var file = File([(TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key), (TestCertificates.Certificate(CertificateKind.Production), null)]);
        var detail = Text((await SendAsync("apns", ("certificate", file), ("password", TestCertificates.Password))).Problem(HttpStatusCode.BadRequest, "invalid-certificate"), "detail");
        Assert.Contains("for development, valid until", detail, StringComparison.Ordinal);
        Assert.Contains("for production, valid until", detail, StringComparison.Ordinal);

        foreach (var environment in (string[])["development", "production"])
        {
            var registered = await RegisterAsync("", ("certificate", file), ("password", TestCertificates.Password), ("environment", environment));
            Assert.Equal([environment], Texts(registered, "environments"));
        }
        Assert.Equal(2, (await ListAsync()).Count);
    }

    [Fact]
    public async Task A_file_of_another_kind_is_named()
    {
        foreach (var (file, what) in new[] { (TestCertificates.Certificate(CertificateKind.Production).RawData, "(.cer)"), (ServiceAccount, "service account") })
        {
            var problem = (await SendAsync("apns", ("certificate", file))).Problem(HttpStatusCode.BadRequest, "invalid-certificate");
            Assert.Equal("not-pkcs12", Text(problem, "fault"));
            Assert.Contains(what, Text(problem, "detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_service_account_with_a_byte_order_mark_is_registered() => Assert.Equal(
        HttpStatusCode.Created, (await SendAsync("fcm", ("service_account_key", (byte[])[.. Encoding.UTF8.Preamble, .. ServiceAccount]))).Status);

    [Fact]
    public async Task A_service_account_is_registered_and_its_key_not_shown()
    {
        var answer = await SendAsync("fcm", ("service_account_key", ServiceAccount));
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal(["id", "type", "project_id", "private_key_id", "client_email", "dry_run"], answer.Body.EnumerateObject().Select(member => member.Name));
        var listed = Assert.Single(await ListAsync());
        Assert.Equal(("fcm", TestServiceAccounts.ProjectId), (Text(listed, "type"), Text(listed, "project_id")));

        var json = TestServiceAccounts.Json();
        json["private_key"] = "none";
        var problem = (await SendAsync("fcm", ("service_account_key", Encoding.UTF8.GetBytes(json.ToJsonString()))))
            .Problem(HttpStatusCode.BadRequest, "invalid-service-account");
        Assert.Equal("private-key-unreadable", Text(problem, "fault"));
        (await SendAsync("fcm", ("other", "x"))).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_legacy_server_key_is_registered_with_a_warning_and_not_shown()
    {
        var answer = await Api.PostAsync($"{path}/fcm", Credential.Ops, Sender);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Contains("service account", Text(answer.Body, "warning"), StringComparison.Ordinal);
        var listing = await Api.GetAsync(path, Credential.Ops);
        Assert.DoesNotContain("AAAA-key", answer.Text + listing.Text, StringComparison.Ordinal);
        var listed = Assert.Single(await ListAsync());
        Assert.Equal(("gcm", "69982227377"), (Text(listed, "type"), Text(listed, "sender_id")));
        Assert.Equal(HttpStatusCode.NoContent, (await Api.DeleteAsync($"{path}/gcm/{Text(listed, "id")}", Credential.Ops)).Status);
        foreach (var body in (string[])["{}", """{"sender_id":"1"}""", """{"sender_id":"","server_key":"k"}""", "[]"])
            (await Api.PostAsync($"{path}/fcm", Credential.Ops, body)).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task The_same_key_registers_a_certificate_once()
    {
        var file = TestCertificates.P12(CertificateKind.Production, password: null);
        var ids = new List<string?>();
        for (var time = 0; time < 2; time++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/apns") { Content = Form.Of(("certificate", file)) };
            Credential.Ops.AddTo(request);
            request.Headers.Add("Idempotency-Key", "once");
            ids.Add(Text((await Api.SendAsync(request)).Body, "id"));
        }
        Assert.Equal(ids.Distinct(), (await ListAsync()).Select(one => Text(one, "id")));
    }

    [Fact]
    public async Task A_missing_field_is_refused()
    {
        (await SendAsync("apns", ("password", "x"))).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await Api.PostAsync($"{path}/apns", Credential.Ops, """{"certificate":"MIIK"}""")).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await SendAsync("apns", ("certificate", new byte[] { 1 }), ("environment", "sandbox"))).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await SendAsync("apns", ("certificate", new byte[] { 1 }), ("environment", ""))).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Theory]
    [InlineData("apns", "certificate", "invalid-certificate")]
    [InlineData("fcm", "service_account_key", "invalid-service-account")]
    public async Task An_empty_file_is_not_called_missing(string type, string part, string problem) => Assert.Contains(
        "It is empty.",
        (await SendAsync(type, (part, Array.Empty<byte>()))).Problem(HttpStatusCode.BadRequest, problem).GetProperty("detail").GetString(),
        StringComparison.Ordinal);

    [Fact]
    public async Task An_application_that_is_not_in_custody_is_not_found()
    {
        var stranger = $"/ops/v1/applications/{(await Api.CreateApplicationAsync()).Id}/push";
        (await Api.GetAsync(stranger, Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-application");
        (await Api.PostAsync($"{stranger}/fcm", Credential.Ops, Sender)).Problem(HttpStatusCode.NotFound, "unknown-application");
        using var form = Form.Of(("certificate", new byte[] { 1 }));
        (await Api.SendAsync(HttpMethod.Post, $"{stranger}/apns", Credential.Ops, form)).Problem(HttpStatusCode.NotFound, "unknown-application");
    }

    [Fact]
    public async Task The_timer_raises_an_alert_for_a_certificate_that_expires_soon()
    {
        await RegisterAsync("", ("certificate", TestCertificates.P12(CertificateKind.Production, null, notAfter: DateTimeOffset.UtcNow.AddDays(6))));
        var run = await gatehouse.Services.GetRequiredService<PushCredentialCheck>().RunAsync(default);
        Assert.Equal((1, 1), (run.Checked, run.Warned));
        Assert.Empty(run.Failures);
    }

    [Fact]
    public void Every_fault_has_a_name_of_its_own()
    {
        var names = Enum.GetValues<ApnsCertificateFault>().Select(CredentialFaultNames.Of).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        names = [.. Enum.GetValues<FcmServiceAccountFault>().Select(CredentialFaultNames.Of)];
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [GeneratedRegex("""^\{"id":.+"not_removed":.+\}$""", RegexOptions.Multiline)]
    private static partial Regex DocumentedAnswer();

    private const string Sender = """{"sender_id":"69982227377","server_key":"AAAA-key"}""";

    private static byte[] ServiceAccount => Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString());

    private static byte[] File(
        IReadOnlyList<(System.Security.Cryptography.X509Certificates.X509Certificate2?, System.Security.Cryptography.RSA?)> pairs, int? claimedRounds = null) =>
        new Pkcs12File { Pairs = pairs, Password = TestCertificates.Password, ClaimedRounds = claimedRounds }.Encode();

    // The type of its certificate bag is invalid.
    private static byte[] Damaged()
    {
        var file = new Pkcs12File { Pairs = [(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)] }.Encode();
        ReadOnlySpan<byte> type = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
        file[file.AsSpan().IndexOf(type) - 1] = 0xff;
        return file;
    }

    private static string? Text(JsonElement body, string name) => body.GetProperty(name).GetString();

    private static IEnumerable<string?> Texts(JsonElement body, string name) => body.GetProperty(name).EnumerateArray().Select(one => one.GetString());

    private async Task<JsonElement> RegisterAsync(string query, params (string, object)[] fields)
    {
        var answer = await SendAsync($"apns{query}", fields);
        Assert.True(answer.Status == HttpStatusCode.Created, $"{(int)answer.Status}: {answer.Text}");
        return answer.Body;
    }

    private async Task<Answer> SendAsync(string route, params (string, object)[] fields)
    {
        using var form = Form.Of(fields);
        return await Api.SendAsync(HttpMethod.Post, $"{path}/{route}", Credential.Ops, form);
    }

    private async Task<List<JsonElement>> ListAsync() =>
        [.. (await Api.GetAsync(path, Credential.Ops)).Ok().GetProperty("push_credentials").EnumerateArray()];
}

public sealed class PushOnServerTests() : PushTests(Head.Server);

public sealed class PushOnFunctionsHostTests() : PushTests(Head.FunctionsHost);
