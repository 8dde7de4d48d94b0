using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using FcmInspection = Gatehouse.Push.Inspection<Gatehouse.Push.FcmServiceAccount, Gatehouse.Push.FcmServiceAccountFault>;

namespace Gatehouse.Push;

/// <summary>Checks the JSON key file of a Google service account.</summary>
/// <remarks>Any sequence of bytes gets a result, never an exception.</remarks>
public static class FcmServiceAccountInspector
{
    /// <summary>The most bytes of a file. Google's files have about 2,400.</summary>
    public const int MaxFileSize = 16 * 1024;

    private const string ServiceAccount = "service_account";

    /// <summary>Checks a key file.</summary>
    /// <param name="file">The file's bytes: JSON in UTF-8, or in UTF-16 with a byte order mark.</param>
    public static FcmInspection Inspect(ReadOnlyMemory<byte> file)
    {
        if (file.Length > MaxFileSize)
        {
            return new(
                FcmServiceAccountFault.TooLarge,
                $"The file is larger than {MaxFileSize / 1024} KiB, so it is not a service account key.");
        }

        ServiceAccountKey? key;
        try
        {
            var json = FileText.WithoutMark(file).Span;
            // The serializer reads only the properties that it knows, so it does not find every wrong byte.
            if (!Utf8.IsValid(json)) throw new JsonException("The file is not UTF-8.");
            key = JsonSerializer.Deserialize(json, ServiceAccountJson.Default.ServiceAccountKey);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for half of a surrogate pair.
            return new(
                FcmServiceAccountFault.NotJson,
                $"The file is not the JSON of a service account key. {WhatItIs(file.Span)} In the Google Cloud console, create a key "
                    + "of type JSON.");
        }

        if (key?.Type != ServiceAccount)
        {
            return new(
                FcmServiceAccountFault.NotServiceAccount,
                $"The file's type is not {ServiceAccount}. The app's own google-services.json and other JSON files of Google are not "
                    + "service account keys.");
        }
        if (string.IsNullOrWhiteSpace(key.ProjectId))
            return new(FcmServiceAccountFault.NoProjectId, "The service account key has no project_id.");
        if (string.IsNullOrWhiteSpace(key.PrivateKeyId))
            return new(FcmServiceAccountFault.NoPrivateKeyId, "The service account key has no private_key_id.");
        if (string.IsNullOrWhiteSpace(key.ClientEmail))
            return new(FcmServiceAccountFault.NoClientEmail, "The service account key has no client_email.");
        if (string.IsNullOrWhiteSpace(key.PrivateKey))
            return new(FcmServiceAccountFault.NoPrivateKey, "The service account key has no private_key.");
        if (!IsRsaPrivateKey(key.PrivateKey))
        {
            return new(
                FcmServiceAccountFault.PrivateKeyUnreadable,
                "The service account key's private_key is not an RSA private key in PEM.");
        }

        return new(new FcmServiceAccount(key.ProjectId, key.PrivateKeyId, key.ClientEmail));
    }

    private static string WhatItIs(ReadOnlySpan<byte> file) =>
        Pkcs12Form.Fits(file) ? "It is a .p12 file."
        : FileText.Read(file)?.TrimStart() is ['{' or '[', ..]
            ? "It begins like JSON, but is not valid, names a property twice, or has a property of a wrong type."
        : UploadedFile.Describe(file) ?? "It is not text in UTF-8.";

    // The label is checked first, because RSA also imports a public key from PEM.
    private static bool IsRsaPrivateKey(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || pem.AsSpan()[fields.Label] is not ("PRIVATE KEY" or "RSA PRIVATE KEY"))
            return false;
        try
        {
            using var key = RSA.Create();
            key.ImportFromPem(pem.AsSpan()[fields.Location]);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>The properties of Google's key file that are used. Not a record: its text must not show the key.</summary>
internal sealed class ServiceAccountKey
{
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    [JsonPropertyName("project_id")]
    public string? ProjectId { get; init; }

    [JsonPropertyName("private_key_id")]
    public string? PrivateKeyId { get; init; }

    [JsonPropertyName("client_email")]
    public string? ClientEmail { get; init; }

    [JsonPropertyName("private_key")]
    public string? PrivateKey { get; init; }
}

[JsonSourceGenerationOptions(AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ServiceAccountKey))]
internal sealed partial class ServiceAccountJson : JsonSerializerContext;
