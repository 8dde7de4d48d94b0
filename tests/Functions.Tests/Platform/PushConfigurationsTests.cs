using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class PushConfigurationsTests(TestStore store, Head head) : IAsyncLifetime
{
    private const string Apns = "/v3/applications/push/apns";
    private const string Gcm = "/v3/applications/push/gcm";
    private const string Fcm = "/v3/applications/push/fcm";

    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(store: store);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task Two_certificates_make_two_configurations_that_show_what_they_are()
    {
        var before = DateTimeOffset.UtcNow.AddDays(300);
        var answer = (await UploadAsync(
            ("apns_cert_development", TestCertificates.P12(CertificateKind.Development)),
            ("apns_cert_production", TestCertificates.P12(CertificateKind.Production)),
            ("apns_cert_password", TestCertificates.Password),
            ("has_unread_count_badge", "False"), ("push_sound", "ping.aiff"))).Ok().GetProperty("push_configurations");

        var listed = (await Api.GetAsync(Apns, application.Master)).Ok().GetProperty("push_configurations").EnumerateArray().ToList();
        Assert.Equal(
            answer.EnumerateArray().Select(one => one.GetProperty("id").GetString()).Order(),
            listed.Select(one => one.GetProperty("id").GetString()).Order());
        Assert.Equal(["development", "production"], listed.Select(one => one.GetProperty("apns_cer_env_type").GetString()!).Order());
        foreach (var one in listed)
        {
            Assert.Equal("APNS", one.GetProperty("push_type").GetString());
            Assert.Equal($"Apple Push Services: {TestCertificates.BundleId}", one.GetProperty("apns_name").GetString());
            Assert.True(one.GetProperty("apns_expiration").GetInt64() > before.ToUnixTimeMilliseconds());
            Assert.False(one.GetProperty("has_unread_count_badge").GetBoolean());
            Assert.Equal("ping.aiff", one.GetProperty("push_sound").GetString());
        }
    }

    [Theory]
    [InlineData(CertificateKind.Development, null, "development")]
    [InlineData(CertificateKind.Production, null, "production")]
    [InlineData(CertificateKind.Universal, null, "production")]
    [InlineData(CertificateKind.Universal, "development", "development")]
    [InlineData(CertificateKind.Universal, "production", "production")]
    internal async Task The_newer_field_takes_a_certificate_for_the_environment_that_it_serves(
        CertificateKind kind, string? environment, string shown)
    {
        (string, object)[] fields = [("apns_cert", TestCertificates.P12(kind, password: null))];
        (await UploadAsync(environment is null ? fields : [.. fields, ("apns_cert_env_type", environment)])).Ok();

        var listed = Assert.Single((await Api.GetAsync(Apns, application.Master)).Ok().GetProperty("push_configurations").EnumerateArray());
        Assert.Equal(shown, listed.GetProperty("apns_cer_env_type").GetString());
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "random bytes", "not a .p12" },
        { "wrong password", "password does not open" },
        { "no password", "password, and none was given" },
        { "key only", "holds no certificate" },
        { "certificate only", "no private key" },
        { "expired", "expired on" },
        { "not Apple's", "not one that Apple issues for push" },
        { "production for development", "given for development is a production" },
        { "development for production", "given for production is a development" },
        { "the same for both", "another .csr" },
        { "the same universal one for both", "another .csr" },
        { "wrong environment named", "given for production is a development" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_faulty_certificate_is_refused_with_a_message_for_its_fault_and_nothing_is_stored(string fault, string message)
    {
        var development = TestCertificates.P12(CertificateKind.Development, password: null);
        var universal = TestCertificates.P12(CertificateKind.Universal, password: null);
        var answer = await UploadAsync(fault switch
        {
            "random bytes" => [("apns_cert_development", Encoding.ASCII.GetBytes("no certificate at all"))],
            "wrong password" => [("apns_cert_development", TestCertificates.P12(CertificateKind.Development)), ("apns_cert_password", "wrong")],
            "no password" => [("apns_cert_development", TestCertificates.P12(CertificateKind.Development))],
            "key only" => [("apns_cert_development", TestCertificates.KeyOnlyP12()), ("apns_cert_password", TestCertificates.Password)],
            "certificate only" =>
                [("apns_cert_development", TestCertificates.CertificateOnlyP12(CertificateKind.Development)), ("apns_cert_password", TestCertificates.Password)],
            "expired" => [("apns_cert_development", TestCertificates.ExpiredP12(CertificateKind.Development)), ("apns_cert_password", TestCertificates.Password)],
            "not Apple's" => [("apns_cert_development", TestCertificates.P12(CertificateKind.NotApple, password: null))],
            "production for development" => [("apns_cert_development", TestCertificates.P12(CertificateKind.Production, password: null))],
            "development for production" => [("apns_cert_production", development)],
            "the same for both" => [("apns_cert_development", development), ("apns_cert_production", development)],
            "the same universal one for both" => [("apns_cert_development", universal), ("apns_cert_production", universal)],
            "wrong environment named" => [("apns_cert", development), ("apns_cert_env_type", "production")],
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        });

        Assert.Contains(message, answer.Refused(400111), StringComparison.Ordinal);
        Assert.Empty((await Api.GetAsync(Apns, application.Master)).Ok().GetProperty("push_configurations").EnumerateArray());
    }

    [Fact]
    public async Task One_file_with_a_certificate_for_each_environment_serves_both_fields()
    {
        var file = new Pkcs12File
        {
            Pairs = [(TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key), (TestCertificates.Certificate(CertificateKind.Production), null)],
        }.Encode();

        Assert.Contains("several valid push certificates", (await UploadAsync(("apns_cert", file))).Refused(400111), StringComparison.Ordinal);
        Assert.Equal(2, (await UploadAsync(("apns_cert_development", file), ("apns_cert_production", file))).Ok().GetProperty("push_configurations").GetArrayLength());
        (await UploadAsync(("apns_cert", file), ("apns_cert_env_type", "development"))).Ok();
    }

    [Fact]
    public async Task An_upload_without_a_certificate_is_refused()
    {
        (await UploadAsync(("has_unread_count_badge", "true"))).Refused(400105);
        (await UploadAsync(("apns_cert_development", Array.Empty<byte>()))).Refused(400105);
        (await Api.PostAsync(Apns, application.Master, """{"apns_cert_development":"MIIKXAIBAzCC"}""")).Refused(400105);
        (await Api.PostAsync(Apns, application.Master)).Refused(400105);
    }

    [Theory]
    [InlineData("has_unread_count_badge", "perhaps", 400104)]
    [InlineData("mutable_content", "1", 400104)]
    [InlineData("apns_cert_env_type", "sandbox", 400111)]
    public async Task A_field_with_another_value_is_refused(string field, string value, int code) =>
        (await UploadAsync(("apns_cert", TestCertificates.P12(CertificateKind.Development, password: null)), (field, value))).Refused(code);

    [Theory]
    [InlineData("b", "--b\r\nContent-Disposition: form-data; name=\"apns_cert\"\r\n\r\nno end")]
    [InlineData("b", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--")]
    [InlineData("b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--")]
    [InlineData("", "--b--")]
    public async Task A_malformed_multipart_body_is_refused(string boundary, string body)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary=\"{boundary}\"");

        (await Api.SendAsync(HttpMethod.Post, Apns, application.Master, content)).Refused(400403);
    }

    [Fact]
    public async Task A_multipart_body_of_10_000_parts_is_refused()
    {
        using var form = new MultipartFormDataContent();
        for (var i = 0; i < 10_000; i++) form.Add(new StringContent("x"), $"part{i}");

        (await Api.SendAsync(HttpMethod.Post, Apns, application.Master, form)).Refused(400403);
    }

    [Fact]
    public async Task A_multipart_body_over_5_MiB_is_413() =>
        (await UploadAsync(("apns_cert", new byte[5 * 1024 * 1024]))).Refused(400110, System.Net.HttpStatusCode.RequestEntityTooLarge);

    [Fact]
    public async Task A_service_account_is_listed_by_its_project_and_key_id_and_its_key_is_not_shown()
    {
        var added = (await SendFormAsync(Fcm, ("service_account_key", Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString())))).Ok().GetProperty("push_configurations")[0];

        var listed = Assert.Single((await Api.GetAsync(Fcm, application.Master)).Ok().GetProperty("push_configurations").EnumerateArray());
        Assert.Equal(added.GetRawText(), listed.GetRawText());
        Assert.Equal(
            ["push_type", "id", "created_at", "project_id", "private_key_id"], listed.EnumerateObject().Select(member => member.Name));
        (await SendFormAsync(Fcm, ("service_account_key", Encoding.ASCII.GetBytes("{}")))).Refused(400111);
        (await SendFormAsync(Fcm, ("other", "x"))).Refused(400105);
    }

    [Fact]
    public async Task Push_types_are_listed_separately()
    {
        const string Body = """{"gcm_sender_id":"1","gcm_api_key":"key ✓"}""";
        var gcm = (await Api.PostAsync(Gcm, application.Master, Body)).Ok().GetProperty("push_configurations")[0].GetString()!;
        var fcm = (await Api.PostAsync(Fcm, application.Master, Body)).Ok().GetProperty("push_configurations")[0].GetString()!;

        Assert.Equal([("GCM", gcm)], await ListAsync(Gcm));
        Assert.Equal([("FCM", fcm)], await ListAsync(Fcm));
        Assert.Empty(await ListAsync(Apns));
        (await Api.DeleteAsync($"{Fcm}/{gcm}", application.Master)).Refused(400201);
        Assert.Equal("key ✓", (await Api.GetAsync(Gcm, application.Master)).Ok().GetProperty("push_configurations")[0].GetProperty("gcm_api_key").GetString());
    }

    [Theory]
    [InlineData("{}", 400105)]
    [InlineData("""{"gcm_sender_id":"1"}""", 400105)]
    [InlineData("""{"gcm_api_key":"k"}""", 400105)]
    [InlineData("""{"gcm_sender_id":1,"gcm_api_key":"k"}""", 400100)]
    [InlineData("""{"gcm_sender_id":"1","gcm_api_key":["k"]}""", 400100)]
    [InlineData("not JSON", 400403)]
    public async Task An_invalid_sender_is_refused(string body, int code) =>
        (await Api.PostAsync(Gcm, application.Master, body)).Refused(code);

    [Fact]
    public async Task A_key_over_4_KiB_is_refused() => (await Api.PostAsync(
        Gcm, application.Master, JsonSerializer.Serialize(new { gcm_sender_id = "1", gcm_api_key = new string('k', 4097) }))).Refused(400110);

    [Fact]
    public async Task A_delete_removes_one_configuration_and_requires_an_id()
    {
        var kept = await AddSenderAsync();
        var gone = await AddSenderAsync();

        (await Api.DeleteAsync(Gcm, application.Master)).Refused(400105);
        (await Api.DeleteAsync(Gcm + "/", application.Master)).Refused(400105);
        Assert.Equal(2, (await ListAsync(Gcm)).Count);
        Assert.Equal(gone, (await Api.DeleteAsync($"{Gcm}/{gone}", application.Master)).Ok().GetProperty("push_configurations")[0].GetString());
        Assert.Equal([("GCM", kept)], await ListAsync(Gcm));
        (await Api.DeleteAsync($"{Gcm}/{gone}", application.Master)).Refused(400201);
        (await Api.DeleteAsync($"{Gcm}/x:y", application.Master)).Refused(400201);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Another_push_type_is_refused(string method) =>
        (await Api.SendAsync(new HttpMethod(method), "/v3/applications/push/hms", application.Master)).Refused(400111);

    [Fact]
    public async Task The_fifty_first_is_refused_until_one_is_deleted()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AddSenderAsync()));
        (await Api.PostAsync(Gcm, application.Master, Sender)).Refused(400203);

        (await Api.DeleteAsync($"{Gcm}/{ids[0]}", application.Master)).Ok();
        await AddSenderAsync();
        (await Api.DeleteAsync("/v3/applications", application.Master)).Ok();
    }

    private const string Sender = """{"gcm_sender_id":"1","gcm_api_key":"k"}""";

    private async Task<string> AddSenderAsync() =>
        (await Api.PostAsync(Gcm, application.Master, Sender)).Ok().GetProperty("push_configurations")[0].GetString()!;

    private async Task<List<(string, string)>> ListAsync(string path) =>
        [.. (await Api.GetAsync(path, application.Master)).Ok().GetProperty("push_configurations").EnumerateArray()
            .Select(one => (one.GetProperty("push_type").GetString()!, one.GetProperty("id").GetString()!))];

    private Task<Answer> UploadAsync(params (string Name, object Value)[] fields) => SendFormAsync(Apns, fields);

    private Task<Answer> SendFormAsync(string path, params (string Name, object Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            if (value is not byte[] file)
            {
                form.Add(new StringContent((string)value), name);
                continue;
            }
            var part = new ByteArrayContent(file);
            part.Headers.ContentType = new MediaTypeHeaderValue("application/x-pkcs12");
            form.Add(part, name, "certificate.p12");
        }
        return Api.SendAsync(HttpMethod.Post, path, application.Master, form);
    }
}

public sealed class PushConfigurationsOnSqliteTests() : PushConfigurationsTests(TestStore.Sqlite, Head.Server);

public sealed class PushConfigurationsOnAzuriteTests() : PushConfigurationsTests(TestStore.Azurite, Head.Server);

public sealed class PushConfigurationsOnFunctionsHostTests() : PushConfigurationsTests(TestStore.Sqlite, Head.FunctionsHost);
