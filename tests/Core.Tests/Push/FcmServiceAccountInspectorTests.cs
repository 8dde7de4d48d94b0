using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class FcmServiceAccountInspectorTests
{
    [Fact]
    public void A_service_account_key_is_read()
    {
        var result = FcmServiceAccountInspector.Inspect(Bytes(TestServiceAccounts.Json()));

        Assert.True(result.Accepted, result.Message);
        Assert.Equal(
            new FcmServiceAccount(
                TestServiceAccounts.ProjectId, TestServiceAccounts.PrivateKeyId, TestServiceAccounts.ClientEmail),
            result.Credential);
    }

    // PowerShell and Windows' editors write them.
    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_key_with_a_byte_order_mark_is_read(string charset)
    {
        var encoding = Encoding.GetEncoding(charset);
        byte[] file = [.. encoding.Preamble, .. encoding.GetBytes(TestServiceAccounts.Json().ToJsonString())];

        Assert.True(FcmServiceAccountInspector.Inspect(file).Accepted);
        Assert.Equal(Bytes(TestServiceAccounts.Json()), FileText.WithoutMark(file).ToArray());
        Assert.Equal(FcmServiceAccountFault.NotJson, FcmServiceAccountInspector.Inspect(file.AsMemory(0, file.Length - 1)).Fault);
    }

    [Fact]
    public void A_key_in_the_older_PEM_form_is_read()
    {
        var json = TestServiceAccounts.Json();
        json["private_key"] = TestCertificates.Key.ExportRSAPrivateKeyPem();

        Assert.True(FcmServiceAccountInspector.Inspect(Bytes(json)).Accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAABBBB:APA91bE8HPMm")]
    [InlineData("{\"type\":\"service_account\"")]
    [InlineData("[]")]
    [InlineData("{\"type\":1}")]
    [InlineData("{\"type\":\"service_account\",\"type\":\"service_account\"}")]
    [InlineData("{\"type\":\"service_account\",\"project_id\":\"\\ud800\"}")]
    public void Anything_but_the_JSON_of_a_key_is_refused(string text) =>
        Refused(FcmServiceAccountFault.NotJson, Encoding.UTF8.GetBytes(text));

    [Fact]
    public void JSON_that_is_not_UTF8_is_refused() =>
        Refused(FcmServiceAccountFault.NotJson, [.. "{\"type\":\""u8, 0xff, 0xfe, .. "\"}"u8]);

    [Fact]
    public void A_key_with_a_byte_that_is_not_UTF8_in_a_property_that_is_not_used_is_refused()
    {
        var json = TestServiceAccounts.Json();
        json["client_id"] = "für";
        Refused(FcmServiceAccountFault.NotJson, Encoding.Latin1.GetBytes(json.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"type\":\"authorized_user\"}")]
    [InlineData("{\"type\":\"SERVICE_ACCOUNT\"}")]
    [InlineData("{\"project_info\":{\"project_id\":\"example-app\"},\"client\":[]}")]
    public void JSON_of_another_kind_is_refused(string json) =>
        Refused(FcmServiceAccountFault.NotServiceAccount, Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData("project_id", FcmServiceAccountFault.NoProjectId)]
    [InlineData("private_key_id", FcmServiceAccountFault.NoPrivateKeyId)]
    [InlineData("client_email", FcmServiceAccountFault.NoClientEmail)]
    [InlineData("private_key", FcmServiceAccountFault.NoPrivateKey)]
    public void A_key_that_lacks_a_property_is_refused_by_its_name(string property, FcmServiceAccountFault fault)
    {
        foreach (var lacking in new JsonNode?[] { null, "", "  " })
        {
            var json = TestServiceAccounts.Json();
            json[property] = lacking;
            Assert.Contains($"no {property}.", Refused(fault, Bytes(json)), StringComparison.Ordinal);
        }

        var without = TestServiceAccounts.Json();
        without.Remove(property);
        Refused(fault, Bytes(without));
    }

    [Fact]
    public void An_invalid_private_key_is_refused()
    {
        using var ellipticCurve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var valid = TestCertificates.Key.ExportPkcs8PrivateKeyPem();
        var protection = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);

        foreach (var pem in new[]
        {
            "secret",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            valid[..^40],
            valid.Remove(100, 1),
            valid.Replace("MII", "MIJ", StringComparison.Ordinal),
            TestCertificates.Key.ExportSubjectPublicKeyInfoPem(),
            TestCertificates.Key.ExportEncryptedPkcs8PrivateKeyPem("password", protection),
            ellipticCurve.ExportPkcs8PrivateKeyPem(),
            ellipticCurve.ExportECPrivateKeyPem(),
        })
        {
            var json = TestServiceAccounts.Json();
            json["private_key"] = pem;
            Refused(FcmServiceAccountFault.PrivateKeyUnreadable, Bytes(json));
        }
    }

    [Fact]
    public void A_file_over_the_limit_is_refused()
    {
        var valid = Bytes(TestServiceAccounts.Json());
        var padding = new byte[FcmServiceAccountInspector.MaxFileSize - valid.Length];
        padding.AsSpan().Fill((byte)' ');

        Assert.True(FcmServiceAccountInspector.Inspect((byte[])[.. valid, .. padding]).Accepted);
        Refused(FcmServiceAccountFault.TooLarge, [.. valid, .. padding, (byte)' ']);
    }

    [Fact]
    public void A_changed_byte_gives_a_result_that_shows_nothing_of_the_key()
    {
        var valid = Bytes(TestServiceAccounts.Json());
        var line = TestCertificates.Key.ExportPkcs8PrivateKeyPem().Split('\n')[5];
        Properties.Check(
            from index in Gen.Choose(0, valid.Length - 1)
            from value in Gen.Choose(0, 255)
            select (byte[])[.. valid[..index], (byte)value, .. valid[(index + 1)..]],
            file =>
            {
                var result = FcmServiceAccountInspector.Inspect(file);
                Assert.Equal(result.Accepted, result.Fault is null);
                Assert.DoesNotContain(line, $"{JsonSerializer.Serialize(result)} {result.Credential}", StringComparison.Ordinal);
            },
            tests: 1000);
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static string Refused(FcmServiceAccountFault fault, byte[] file)
    {
        var result = FcmServiceAccountInspector.Inspect(file);
        Assert.False(result.Accepted);
        Assert.Equal(fault, result.Fault);
        return result.Message;
    }
}
