using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>Forms as clients really send them: what is read, and what each refusal says. The same for the facade and the platform.</summary>
public abstract class FormsTests(Head head) : IAsyncLifetime
{
    private const string Boundary = "boundary";
    private const string FormType = $"multipart/form-data; boundary={Boundary}";
    private const string File = "Content-Disposition: form-data; name=\"CERTIFICATE\"; filename=\"c.p12\"";
    private const string Password = "pässword";

    private static readonly byte[] P12 = TestCertificates.P12(CertificateKind.Production, Password);

    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;
    private string managed = "";

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync();
        application = await gatehouse.Api.CreateApplicationAsync();
        var created = await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        managed = $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}";
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    public static TheoryData<string, string, byte[]> Read
    {
        get
        {
            var data = new TheoryData<string, string, byte[]>
            {
                { "a folded header", FormType, Body(File.Replace("; f", ";\r\n f", StringComparison.Ordinal), PasswordPart()) },
                { "a header folded with a tab, twice", FormType, Body(File.Replace("; ", ";\r\n\t", StringComparison.Ordinal), PasswordPart()) },
                { "a header folded behind its colon", FormType, Body(File.Replace(": ", ":\r\n ", StringComparison.Ordinal), PasswordPart()) },
                { "a quoted boundary", $"multipart/form-data; boundary=\"{Boundary}\"", Body(File, PasswordPart()) },
                { "a preamble and an epilogue", FormType, [.. "hello\r\n"u8, .. Body(File, PasswordPart()), .. "bye"u8] },
                { "blanks behind the boundary", FormType, Replaced(Body(File, PasswordPart()), $"--{Boundary}\r\n", $"--{Boundary} \t\r\n") },
                { "no line end at the end", FormType, Body(File, PasswordPart())[..^2] },
                { "LF at the end", FormType, [.. Body(File, PasswordPart())[..^2], (byte)'\n'] },
                { "a transfer encoding that is none", FormType, Body(File + "\r\nContent-Transfer-Encoding: Binary", PasswordPart()) },
                { "a UTF-8 file name", FormType, Body(File.Replace("c.p12", "Zertifikat für uns.p12", StringComparison.Ordinal), PasswordPart()) },
                { "headers in lower case", FormType, Body("c" + File[1..].Replace("D", "d", StringComparison.Ordinal), PasswordPart()) },
                { "a byte order mark", FormType, Body(File, PasswordPart(content: "\uFEFF"u8.ToArray().Concat(Encoding.UTF8.GetBytes(Password)).ToArray())) },
                { "_charset_", FormType, Body(File, Form.Part(Boundary, Named("_charset_"), "ISO-8859-1"u8).Concat(PasswordPart(content: Encoding.Latin1.GetBytes(Password))).ToArray()) },
            };
            foreach (var (charset, encoding) in new[]
            {
                ("UTF-8", Encoding.UTF8), ("utf8", Encoding.UTF8), ("ISO-8859-1", Encoding.Latin1), ("\"iso-8859-15\"", CodePagesEncodingProvider.Instance.GetEncoding("iso-8859-15")!),
                ("windows-1252", CodePagesEncodingProvider.Instance.GetEncoding(1252)!), ("utf-16", Encoding.Unicode), ("utf-16be", Encoding.BigEndianUnicode),
            })
            {
                data.Add(charset, FormType, Body(File, PasswordPart($"\r\nContent-Type: text/plain; charset={charset}", encoding.GetBytes(Password))));
            }
            data.Add("utf-16 with its mark", FormType, Body(File, PasswordPart(
                "\r\nContent-Type: text/plain; charset=utf-16", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Password)])));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Read))]
    public async Task A_form_is_read(string what, string type, byte[] body)
    {
        foreach (var (path, credential, sent) in Targets(body))
        {
            var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, path, credential, Form.Raw(type, sent));
            Assert.True(answer.Status == HttpStatusCode.OK, $"{what}, {path}: {answer.Text}");
        }
    }

    public static TheoryData<string, byte[], int, string> Refused => new()
    {
        { FormType, [], 400403, "it is empty" },
        { FormType, Replaced(Body(File, PasswordPart()), "\r\n", "\n"), 400403, "its lines end in LF" },
        { FormType, Replaced(Body(File, PasswordPart()), "\r\n", "\r"), 400403, "its lines end in LF or CR alone" },
        // One delimiter of several: what is behind it must not become a part of the file before it.
        { FormType, Replaced(Body(File, PasswordPart()), $"\r\n--{Boundary}\r\n", $"\n--{Boundary}\r\n"), 400403, "its lines end in LF" },
        { FormType, Replaced(Body(File, PasswordPart()), $"\r\n--{Boundary}\r\n", $"\r\n--{Boundary}\n"), 400403, "its lines end in LF" },
        { FormType, Replaced(Body(File, PasswordPart()), $"\r\n--{Boundary}\r\n", $"\r--{Boundary}\r\n"), 400403, "its lines end in LF or CR alone" },
        { FormType, Replaced(Body(File, PasswordPart()), $"\r\n--{Boundary}--", $"\n--{Boundary}--"), 400403, "its lines end in LF" },
        { FormType, [(byte)'\n', .. Body(File, PasswordPart())], 400403, "its lines end in LF" },
        { FormType, Body(File, PasswordPart())[..^20], 400403, $"without its last line, --{Boundary}--" },
        { FormType, Form.Part("other", File, P12), 400403, $"begin with --other, but with the boundary in Content-Type they would begin with --{Boundary}" },
        { FormType, "{}"u8.ToArray(), 400403, "it is JSON" },
        { FormType, "certificate=x"u8.ToArray(), 400403, $"no line of it is --{Boundary}" },
        { FormType, Encoding.ASCII.GetBytes($"--{Boundary}\r\n{File}"), 400403, "it ends within the headers of part 1" },
        { FormType, Encoding.ASCII.GetBytes($"--{Boundary}\r\n{File}\r\n--{Boundary}--"), 400403, "no empty line follows the headers of part 1" },
        { FormType, Body("hello", PasswordPart()), 400403, "a header of part 1 has no colon" },
        { FormType, Body(" " + File, PasswordPart()), 400403, "the headers of part 1 begin with white space" },
        { FormType, Body(File + "\r\n" + File, PasswordPart()), 400403, "part 1 has two headers of the name Content-Disposition" },
        { FormType, Body(File + "\r\nX: " + new string('x', 9000), PasswordPart()), 400403, "more than 8192 bytes" },
        { FormType, Body(File + string.Concat(Enumerable.Range(0, 16).Select(i => $"\r\nX{i}: x")), PasswordPart()), 400403, "more than 16 headers" },
        { FormType, Body("X: y", PasswordPart()), 400403, "part 1 has no Content-Disposition" },
        { FormType, Body("Content-Disposition: form-data", PasswordPart()), 400403, "part 1 has no name" },
        { FormType, Body("Content-Disposition: form-data; name*=UTF-8''CERTIFICATE", PasswordPart()), 400403, "name* is not for forms" },
        { FormType, Body(File.Replace("\"c.p12\"", "my c.p12", StringComparison.Ordinal), PasswordPart()), 400403, "with blanks must stand in quotes" },
        { FormType, Body(File + "\r\nContent-Transfer-Encoding: base64", PasswordPart()), 400403, "the Content-Transfer-Encoding base64" },
        { FormType, Body(File, PasswordPart("\r\nContent-Transfer-Encoding: Quoted-Printable")), 400403, "the Content-Transfer-Encoding quoted-printable" },
        { FormType, Body(File, [.. PasswordPart(), .. PasswordPart()]), 400403, "two of its parts have the name PASSWORD" },
        { FormType, Body(File, PasswordPart("\r\nContent-Type: ;")), 400403, "the Content-Type of PASSWORD cannot be read" },
        { FormType, Body(File, PasswordPart("\r\nContent-Type: text/plain; charset=klingon")), 400111, "PASSWORD is in the charset klingon, which is not known" },
        { FormType, Body(File, PasswordPart("\r\nContent-Type: text/plain; charset=us-ascii")), 400111, "PASSWORD is not text in its charset, us-ascii" },
        { FormType, Body(File, PasswordPart(content: Encoding.Latin1.GetBytes(Password))), 400111, "PASSWORD is not valid UTF-8" },
        { FormType, Body(File, [.. PasswordPart(), .. Form.Part(Boundary, Named("has_unread_count_badge"), [])]), 400104, "has_unread_count_badge must be a boolean" },
        { FormType, Body(File, [.. PasswordPart(), .. Form.Part(Boundary, Named("has_unread_count_badge"), "0"u8)]), 400104, "has_unread_count_badge must be a boolean" },
        { "multipart/form-data", Body(File, PasswordPart()), 400403, "Content-Type names no boundary" },
        { "multipart/form-data; boundary=", Body(File, PasswordPart()), 400403, "Content-Type names no boundary" },
        { $"multipart/form-data, boundary={Boundary}", Body(File, PasswordPart()), 400403, "a comma stands before boundary" },
        { $"multipart/form-data boundary={Boundary}", Body(File, PasswordPart()), 400403, "a semicolon must stand before boundary" },
        { "multipart/form-data; boundary===x==", Body(File, PasswordPart()), 400403, "because it contains '='" },
        { "multipart/form-data; boundary=a/b; charset=utf-8", Body(File, PasswordPart()), 400403, "because it contains '/'" },
        { $"multipart/form-data; boundary=\"{Boundary}", Body(File, PasswordPart()), 400403, "the quotes of boundary do not end" },
        { $"multipart/form-data; boundary=a; boundary={Boundary}", Body(File, PasswordPart()), 400403, "Content-Type names two boundaries" },
        { "application/json; charset=utf8", Body(File, PasswordPart()), 400403, "The body is a form, but Content-Type is application/json; charset=utf8" },
        { $"multipart/mixed; boundary={Boundary}", Body(File, PasswordPart()), 400403, "The body is a form, but Content-Type is multipart/mixed" },
        { "application/x-pkcs12", P12, 400403, "The body must be a form, of type multipart/form-data, but Content-Type is application/x-pkcs12" },
        { "application/x-www-form-urlencoded", "certificate=x"u8.ToArray(), 400403, "but Content-Type is application/x-www-form-urlencoded" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_form_that_cannot_be_read_is_refused_with_the_reason(string type, byte[] body, int code, string reason)
    {
        foreach (var (path, credential, sent) in Targets(body))
        {
            var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, path, credential, Form.Raw(type, sent));
            var told = path.StartsWith("/ops", StringComparison.Ordinal)
                ? answer.Problem(HttpStatusCode.BadRequest, "invalid-request").GetProperty("detail").GetString()!
                : answer.Refused(code);
            var password = path.StartsWith("/ops", StringComparison.Ordinal) ? "password" : "apns_cert_password";
            Assert.Contains(reason.Replace("PASSWORD", password, StringComparison.Ordinal), told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_form_where_JSON_is_expected_is_told()
    {
        foreach (var (path, credential) in new[] { ("/v3/applications", gatehouse.Api.Organization), ("/v3/applications/push/fcm", application.Master) })
        {
            var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, path, credential, Form.Raw("application/json", Body(File, PasswordPart())));
            Assert.StartsWith("The body is a form, but Content-Type is application/json.", answer.Refused(400403), StringComparison.Ordinal);
        }
        var sent = await gatehouse.Api.SendAsync(HttpMethod.Post, "/v3/applications", gatehouse.Api.Organization, Form.Raw(FormType, Body(File, PasswordPart())));
        Assert.Equal("The body must be a JSON object, not a form.", sent.Refused(400403));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, X-Custom")]
    public async Task A_compressed_body_is_415_that_names_its_encoding_on_every_route_that_reads_one(string encoding)
    {
        using var compressed = new MemoryStream();
        using (var stream = new GZipStream(compressed, CompressionMode.Compress)) stream.Write("""{"name":"x"}"""u8);
        var name = encoding.Split(' ')[^1];
        foreach (var (method, path, credential) in new[]
        {
            ("POST", "/v3/applications", gatehouse.Api.Organization), ("POST", "/v3/applications/api_tokens", application.Master),
            ("POST", "/v3/applications/push/gcm", application.Master), ("POST", "/v3/applications/push/apns", application.Master),
            ("POST", "/ops/v1/applications", Credential.Ops), ("POST", $"{managed}/tokens", Credential.Ops), ("POST", $"{managed}/push/apns", Credential.Ops),
            ("POST", $"{managed}/push/fcm", Credential.Ops), ("POST", $"{managed}/events", Credential.Ops), ("PUT", $"{managed}/limits", Credential.Ops),
            ("POST", $"{managed}/daily_counts/backfill", Credential.Ops),
            ("POST", $"/webhooks/{application.Id}", new Credential("x-sendbird-signature", new string('0', 64))),
        })
        {
            foreach (var isForm in (bool[])[false, true])
            {
                var content = Form.Raw(isForm ? FormType : "application/json", compressed.ToArray());
                content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
                var answer = await gatehouse.Api.SendAsync(new HttpMethod(method), path, credential, content);
                var told = path.StartsWith("/v3", StringComparison.Ordinal)
                    ? answer.Refused(400403, HttpStatusCode.UnsupportedMediaType)
                    : answer.Problem(HttpStatusCode.UnsupportedMediaType, "unsupported-encoding").GetProperty("detail").GetString()!;
                Assert.StartsWith($"The Content-Encoding {name} is not supported", told, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_refused_encoding_is_answered_with_the_supported_one_and_no_encoding_is_identity()
    {
        using var client = new HttpClient();
        foreach (var (encoding, status) in new[] { ("gzip", HttpStatusCode.UnsupportedMediaType), ("identity", HttpStatusCode.Created) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gatehouse.Api.Address, "/ops/v1/applications"));
            Credential.Ops.AddTo(request);
            request.Headers.Add("Idempotency-Key", encoding);
            request.Content = new ByteArrayContent("""{"name":"Pier"}"""u8.ToArray());
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
            request.Content.Headers.ContentEncoding.Add(encoding);
            using var response = await client.SendAsync(request);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal(encoding == "gzip" ? ["identity"] : [], response.Headers.TryGetValues("Accept-Encoding", out var values) ? values : []);
        }
    }

    // Both routes take the same form, under other names.
    private IEnumerable<(string Path, Credential Credential, byte[] Body)> Targets(byte[] body) =>
    [
        ($"{managed}/push/apns?dry_run=true", Credential.Ops, Replaced(Replaced(body, "CERTIFICATE", "certificate"), "PASSWORD", "password")),
        ("/v3/applications/push/apns", application.Master, Replaced(Replaced(body, "CERTIFICATE", "apns_cert"), "PASSWORD", "apns_cert_password")),
    ];

    private static string Named(string name) => $"Content-Disposition: form-data; name=\"{name}\"";

    private static byte[] PasswordPart(string headers = "", byte[]? content = null) =>
        Form.Part(Boundary, Named("PASSWORD") + headers, content ?? Encoding.UTF8.GetBytes(Password));

    // The head of the file's part is text, which may be UTF-8.
    private static byte[] Body(string file, byte[] rest) =>
    [
        .. Encoding.UTF8.GetBytes($"--{Boundary}\r\n{file}\r\n\r\n"), .. P12, .. "\r\n"u8, .. rest, .. Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"),
    ];

    private static byte[] Replaced(byte[] body, string sent, string instead) => Encoding.Latin1.GetBytes(
        Encoding.Latin1.GetString(body).Replace(sent, instead, StringComparison.Ordinal));
}

public sealed class FormsOnServerTests() : FormsTests(Head.Server);

public sealed class FormsOnFunctionsHostTests() : FormsTests(Head.FunctionsHost);
