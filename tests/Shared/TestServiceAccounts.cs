using System.Text.Json.Nodes;

namespace Gatehouse.Tests;

/// <summary>Key files of a Google service account, as from the Firebase console.</summary>
internal static class TestServiceAccounts
{
    public const string ProjectId = "example-app-4f1c2";
    public const string PrivateKeyId = "8f3b1d0c9a7e6f5d4c3b2a190817263544536271";
    public const string ClientEmail = $"firebase-adminsdk-x1y2z@{ProjectId}.iam.gserviceaccount.com";

    /// <summary>A complete key file, as an object that a test can change.</summary>
    public static JsonObject Json() => new()
    {
        ["type"] = "service_account",
        ["project_id"] = ProjectId,
        ["private_key_id"] = PrivateKeyId,
        ["private_key"] = TestCertificates.Key.ExportPkcs8PrivateKeyPem() + "\n",
        ["client_email"] = ClientEmail,
        ["client_id"] = "102030405060708090100",
        ["auth_uri"] = "https://accounts.google.com/o/oauth2/auth",
        ["token_uri"] = "https://oauth2.googleapis.com/token",
        ["auth_provider_x509_cert_url"] = "https://www.googleapis.com/oauth2/v1/certs",
        ["client_x509_cert_url"] = $"https://www.googleapis.com/robot/v1/metadata/x509/{Uri.EscapeDataString(ClientEmail)}",
        ["universe_domain"] = "googleapis.com",
    };
}
