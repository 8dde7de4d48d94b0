using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

/// <summary>No secret is in the data folder in clear or in the logs at any level.</summary>
public abstract class SecrecyTests(Head head)
{
    [Fact]
    public async Task No_secret_is_in_the_data_folder_or_in_the_logs()
    {
        using var folder = new TemporaryFolder();
        using var logs = new RecordedLogs();
        var secrets = new List<(string What, byte[] Bytes)> { ("ops key", Encoding.ASCII.GetBytes(RunningGatehouse.OpsKey)) };
        await using (var gatehouse = await head.StartAsync(folder, logs: logs))
        {
            var api = gatehouse.Api;
            for (var i = 0; i < 3; i++)
            {
                var application = await api.CreateApplicationAsync();
                var kept = await api.IssueTokenAsync(application.Master);
                var revoked = await api.IssueTokenAsync(application.Master);
                var certificate = TestCertificates.P12(CertificateKind.Development, password: null);
                var key = $"server-key-{Guid.NewGuid():N}";
                var account = Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString());

                (await api.GetAsync($"/v3/applications/api_tokens/{kept.Value}", application.Master)).Ok();
                (await api.DeleteAsync($"/v3/applications/api_tokens/{revoked.Value}", application.Master)).Ok();
                (await api.DeleteAsync($"/v3/applications/api_tokens/{revoked.Value}", application.Master)).Refused(400201);
                (await api.GetAsync("/v3/applications/info", revoked)).Refused(400401);
                (await api.PostAsync("/v3/applications/push/gcm", kept, $$"""{"gcm_sender_id":"1","gcm_api_key":"{{key}}"}""")).Ok();
                await UploadAsync(api, "apns", "apns_cert_development", certificate, kept);
                await UploadAsync(api, "fcm", "service_account_key", account, kept);

                (await api.RecordAsync(application, """{"type":"connections","node":"n","count":1}""")).Ok();
                await api.PostAsync($"/webhooks/{application.Id}", kept, "{}");

                secrets.AddRange(
                [
                    ("master token", Encoding.ASCII.GetBytes(application.Master.Value)),
                    ("token", Encoding.ASCII.GetBytes(kept.Value)), ("revoked token", Encoding.ASCII.GetBytes(revoked.Value)),
                    ("master token, decoded", Convert.FromHexString(application.Master.Value)),
                    ("server key", Encoding.ASCII.GetBytes(key)),
                    ("certificate", certificate[^64..]), ("certificate", certificate[200..264]),
                    ("service account", account[100..164]),
                ]);
            }
            AssertAbsent(secrets, folder);
        }
        AssertAbsent(secrets, folder);

        Assert.NotEmpty(logs.Lines);
        foreach (var (_, bytes) in secrets)
            Assert.DoesNotContain(logs.Lines, line => line.Contains(Encoding.Latin1.GetString(bytes), StringComparison.OrdinalIgnoreCase));
    }

    private static async Task UploadAsync(PlatformClient api, string type, string field, byte[] file, Credential credential)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), field, "file" } };
        (await api.SendAsync(HttpMethod.Post, $"/v3/applications/push/{type}", credential, form)).Ok();
    }

    private static void AssertAbsent(List<(string What, byte[] Bytes)> secrets, TemporaryFolder folder)
    {
        var files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var bytes = copy.ToArray().AsSpan();
            foreach (var (what, secret) in secrets)
                Assert.True(bytes.IndexOf(secret) < 0, $"{Path.GetFileName(file)} holds a {what}.");
        }
    }
}

public sealed class SecrecyOnServerTests() : SecrecyTests(Head.Server);

public sealed class SecrecyOnFunctionsHostTests() : SecrecyTests(Head.FunctionsHost);
