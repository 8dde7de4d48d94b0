using System.Net;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Push;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>Hostile uploads, to the facade and to the platform, are refused at little cost.</summary>
public abstract class HostileUploadTests(Head head)
{
    private const long MiB = 1024 * 1024;
    private const long MostGrowth = 64 * MiB;
    private const string Boundary = "boundary";
    private const string FormType = $"multipart/form-data; boundary={Boundary}";

    // The body may have 5 MiB.
    private const int Large = 5 * (int)MiB - 64 * 1024;

    // The largest first, because later requests reuse the memory that it needed.
    private static readonly (string What, bool IsKeyed, Func<HttpContent> Content)[] Uploads =
    [
        ("one large part, its length unknown, with a key", true, () => Form.Chunked(Form.Of(("certificate", new byte[Large]), ("apns_cert", "x")))),
        ("one large part", false, () => Form.Of(("certificate", new byte[Large]), ("apns_cert", "x"))),
        ("a large password", false, () => Form.Of(("certificate", P12(2048)), ("password", new string('p', Large)))),
        ("a large name", false, () => Form.Of((new string('n', Large / 2), "x"))),
        ("32 parts of 150 KiB", true, () => Form.Of([.. Enumerable.Range(0, 32).Select(i => ($"p{i}", (object)new byte[150 * 1024]))])),
        ("10,000 parts", true, () => Form.Of([.. Enumerable.Range(0, 10_000).Select(i => ($"p{i}", (object)"x"))])),
        ("40,000 parts of nothing", false, () => Form.Raw(FormType, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"--{Boundary}\r\n\r\n\r\n", 40_000))))),
        ("a part's header of 4 MiB", false, () => Raw("X: " + new string('h', 4 * (int)MiB), "x")),
        ("a million headers of a part", false, () => Raw(string.Concat(Enumerable.Repeat("h:\r\n", 1_000_000)), "x")),
        ("nothing but dashes", false, () => Form.Raw(FormType, Enumerable.Repeat((byte)'-', Large).ToArray())),
        ("no boundary in sight", false, () => Form.Raw(FormType, new byte[Large])),
        ("another boundary", false, () => Form.Raw("multipart/form-data; boundary=other", Form.Part(Boundary, Disposition, P12(2048)))),
        ("a boundary of 20,000 characters", false, () => Form.Raw($"multipart/form-data; boundary={new string('b', 20_000)}", new byte[100])),
        ("forms in forms", false, () => Form.Raw(FormType, Nested(200))),
        ("a .p12 of random bytes", false, () => Form.Of(("certificate", RandomBytes(ApnsCertificateInspector.MaxFileSize)), ("apns_cert", RandomBytes(4096)))),
        ("a .p12 of nested sequences", false, () => Form.Of(("certificate", NestedSequences()), ("apns_cert", NestedSequences()))),
        ("a .p12 that asks for two billion rounds", false, () => Form.Of(("certificate", P12(int.MaxValue)), ("apns_cert", P12(int.MaxValue)), ("password", "p"))),
        ("JSON of 30,000 levels", false, () => Form.Raw("application/json", Encoding.ASCII.GetBytes(new string('[', 30_000)))),
        ("an invalid type", false, () => Form.Raw("multipart/form-data; boundary", new byte[100])),
        ("headers of 64 KiB", false, () => Form.Raw("multipart/form-data; boundary=" + new string('b', 64 * 1024), new byte[100])),
    ];

    [Fact]
    public async Task No_upload_causes_an_internal_error_or_takes_more_than_64_MiB()
    {
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path);
        using (process)
        using (api)
        {
            var (targets, own) = await TargetsAsync(api);
            foreach (var target in targets)
                await api.SendAsync(HttpMethod.Post, target.Path, target.Credential, Form.Of(("certificate", P12(2048)), ("apns_cert", P12(2048)), ("password", "p")));
            foreach (var (what, isKeyed, content) in Uploads)
            {
                foreach (var target in targets)
                {
                    var answer = new Answer(0, null, "");
                    async Task UploadAsync()
                    {
                        using var request = new HttpRequestMessage(HttpMethod.Post, target.Path) { Content = content() };
                        target.Credential.AddTo(request);
                        if (isKeyed) request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
                        answer = await api.SendAsync(request);
                    }
                    var growth = 0L;
                    if (PeakMemory.IsKnown) growth = await PeakMemory.GrowthAsync(process.Id, UploadAsync);
                    else await UploadAsync();
                    Assert.True(growth < MostGrowth, $"{what}, {target.Path}: {growth / MiB} MiB more");
                    AssertRefused(answer, $"{what}, {target.Path}");
                }
            }
            Assert.Empty((await api.GetAsync(own, Credential.Ops)).Ok().GetProperty("push_credentials").EnumerateArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_mutated_form_never_causes_an_internal_error(int seed)
    {
        await using var gatehouse = await head.StartAsync();
        var (targets, _) = await TargetsAsync(gatehouse.Api);
        var random = new Random(seed);
        byte[] valid =
        [
            .. Form.Part(Boundary, "Content-Disposition: form-data; name=\"password\"", "p"u8),
            .. Form.Part(Boundary, "Content-Disposition: form-data; name=\"environment\"", "production"u8),
            .. Form.Part(Boundary, Disposition, P12(2048)), .. Form.Part(Boundary, Disposition.Replace("certificate\"", "apns_cert\"", StringComparison.Ordinal), P12(2048)),
            .. Form.Part(Boundary, "Content-Disposition: form-data; name=\"service_account_key\"", "{\"type\":\"service_account\"}"u8),
            .. Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"),
        ];
        for (var count = 0; count < 40; count++)
        {
            var body = valid;
            for (var change = random.Next(1, 6); change > 0; change--) body = Changed(body, random);
            var type = random.Next(4) == 0 ? Encoding.Latin1.GetString(Changed(Encoding.ASCII.GetBytes(FormType), random)) : FormType;
            // The client does not send text that is not a header.
            type = new string([.. type.Where(c => c is >= ' ' and < '\x7f')]);
            foreach (var target in targets)
            {
                var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, target.Path, target.Credential, Form.Raw(type, body));
                Assert.True((int)answer.Status < 500, $"Seed {seed}, {count}, {target.Path}: {(int)answer.Status} {answer.Text}");
            }
        }
    }

    private const string Disposition = "Content-Disposition: form-data; name=\"certificate\"; filename=\"c.p12\"\r\nContent-Type: application/x-pkcs12";

    private static async Task<((string Path, Credential Credential)[] Targets, string Own)> TargetsAsync(PlatformClient api)
    {
        var created = await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        var own = $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}/push";
        var application = await api.CreateApplicationAsync();
        return (
            [
                ($"{own}/apns?dry_run=true", Credential.Ops), ($"{own}/apns", Credential.Ops), ($"{own}/fcm", Credential.Ops),
                ("/v3/applications/push/apns", application.Master), ("/v3/applications/push/fcm", application.Master),
                ("/v3/applications/push/gcm", application.Master),
            ], own);
    }

    // The server itself answers headers over its limit, without a body.
    private static void AssertRefused(Answer answer, string what)
    {
        Assert.True(
            answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.RequestHeaderFieldsTooLarge,
            $"{what}: {(int)answer.Status} {answer.Text}");
        Assert.True(answer.Status == HttpStatusCode.RequestHeaderFieldsTooLarge || answer.ContentType!.Contains("json", StringComparison.Ordinal), what);
    }

    private static byte[] Changed(byte[] body, Random random)
    {
        var (at, length) = (random.Next(body.Length), random.Next(64));
        var end = Math.Min(body.Length, at + length);
        var to = random.Next(body.Length);
        switch (random.Next(5))
        {
            case 0:
                var flipped = body.ToArray();
                for (var i = at; i < end; i++) flipped[i] = (byte)random.Next(256);
                return flipped.Length > 0 ? flipped : body;
            case 1:
                return [.. body[..at], .. body[end..], (byte)' '];
            case 2:
                return [.. body[..at], .. body[at..end], .. body[at..]];
            case 3:
                return [.. body[..to], .. body[at..end], .. body[to..]];
            default:
                return [.. body[..at], .. "\r\n--boundary\r\n"u8, .. body[at..]];
        }
    }

    private static HttpContent Raw(string headers, string content) =>
        Form.Raw(FormType, [.. Form.Part(Boundary, headers, Encoding.ASCII.GetBytes(content)), .. Encoding.ASCII.GetBytes($"--{Boundary}--")]);

    private static byte[] Nested(int levels)
    {
        byte[] form = [.. Form.Part("b0", Disposition, "x"u8), .. "--b0--"u8];
        for (var level = 1; level <= levels; level++)
        {
            var boundary = level == levels ? Boundary : $"b{level}";
            form =
            [
                .. Form.Part(boundary, $"Content-Disposition: form-data; name=\"certificate\"\r\nContent-Type: multipart/mixed; boundary=b{level - 1}", form),
                .. Encoding.ASCII.GetBytes($"--{boundary}--"),
            ];
        }
        return form;
    }

    private static byte[] NestedSequences()
    {
        // Nested values of indefinite length (X.690, 8.1.3.6), as deep as fits into the file.
        var file = new byte[ApnsCertificateInspector.MaxFileSize];
        for (var i = 0; i < file.Length / 2; i += 2) (file[i], file[i + 1]) = (0x30, 0x80);
        return file;
    }

    private static byte[] P12(int rounds) => new Pkcs12File
    {
        Pairs = [(TestCertificates.Certificate(CertificateKind.NotApple), TestCertificates.Key)],
        Password = "p",
        ClaimedRounds = rounds,
    }.Encode();

    private static byte[] RandomBytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        // The first bytes of a file of this kind.
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (0x30, 0x82, (byte)((size - 4) >> 8), (byte)(size - 4));
        return bytes;
    }
}

public sealed class HostileUploadOnServerTests() : HostileUploadTests(Head.Server);

public sealed class HostileUploadOnFunctionsHostTests() : HostileUploadTests(Head.FunctionsHost);
