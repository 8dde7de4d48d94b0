using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Platform;
using Gatehouse.Push;

namespace Gatehouse.Functions.Ops;

/// <summary>
/// A certificate and the result of its registration. After a dry run it has no id. <c>valid_until</c> is the earlier name of
/// <c>expires_at</c>, for clients that know only that.
/// </summary>
internal sealed record CertificateDocument(
    [property: JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("bundle_id")] string BundleId,
    [property: JsonPropertyName("environment")] string Environment,
    [property: JsonPropertyName("environments")] IReadOnlyList<string> Environments,
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("thumbprint")] string Thumbprint,
    [property: JsonPropertyName("expires_at")] string ExpiresAt,
    [property: JsonPropertyName("valid_until")] string ValidUntil,
    [property: JsonPropertyName("days_left")] int DaysLeft,
    [property: JsonPropertyName("replaced")] IReadOnlyList<string> Replaced,
    [property: JsonPropertyName("not_removed")] IReadOnlyList<string> NotRemoved,
    [property: JsonPropertyName("dry_run")] bool DryRun)
{
    public static CertificateDocument Of(CertificateAddition addition, DateTimeOffset now)
    {
        var found = addition.Certificate;
        return new CertificateDocument(
            addition.Id, PushTypeNames.Of(PushType.Apns), found.BundleId, EnvironmentOf(addition.ForProduction),
            [.. new[] { ApnsEnvironments.Development, ApnsEnvironments.Production }
                .Where(found.Serves).Select(one => EnvironmentOf(one == ApnsEnvironments.Production))],
            found.Subject, found.Thumbprint, Rfc3339.Text(found.NotAfter), Rfc3339.Text(found.NotAfter), PushCredentialCheck.DaysLeft(found.NotAfter, now),
            addition.Replaced, addition.Left, addition.Id is null);
    }

    public static string EnvironmentOf(bool forProduction) => forProduction ? "production" : "development";
}

/// <summary>A service account without its key. After a dry run it has no id.</summary>
internal sealed record ServiceAccountDocument(
    [property: JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("project_id")] string ProjectId,
    [property: JsonPropertyName("private_key_id")] string PrivateKeyId,
    [property: JsonPropertyName("client_email")] string ClientEmail,
    [property: JsonPropertyName("dry_run")] bool DryRun)
{
    public static ServiceAccountDocument Of(ServiceAccountAddition addition) => new(
        addition.Id, PushTypeNames.Of(PushType.Fcm), addition.Account.ProjectId, addition.Account.PrivateKeyId,
        addition.Account.ClientEmail, addition.Id is null);
}

/// <summary>A sender without its legacy server key. After a dry run it has no id.</summary>
internal sealed record SenderDocument(
    [property: JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("sender_id")] string SenderId,
    [property: JsonPropertyName("warning")] string Warning,
    [property: JsonPropertyName("dry_run")] bool DryRun)
{
    // Google, "Migrate from legacy FCM APIs to HTTP v1".
    private const string LegacyKeys =
        "Google has stopped taking legacy server keys on 20 June 2024: send the JSON key file of a service account instead.";

    public static SenderDocument Of(string? id, string senderId) =>
        new(id, PushTypeNames.Of(PushType.Gcm), senderId, LegacyKeys, id is null);
}

/// <summary>The push credentials of an application, of every type.</summary>
internal sealed record ListedPushDocument([property: JsonPropertyName("push_credentials")] IReadOnlyList<ListedCredentialDocument> Credentials)
{
    public static ListedPushDocument Of(IEnumerable<PushCredential> credentials, DateTimeOffset now) =>
        new([.. credentials.Select(credential => ListedCredentialDocument.Of(credential, now))]);
}

/// <summary>A push credential without its secrets. A field is null where the type does not have it, or it is not known.</summary>
internal sealed record ListedCredentialDocument(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("created_at")] string CreatedAt,
    [property: JsonPropertyName("environment")] string? Environment,
    [property: JsonPropertyName("bundle_id")] string? BundleId,
    [property: JsonPropertyName("expires_at")] string? ExpiresAt,
    [property: JsonPropertyName("days_left")] int? DaysLeft,
    [property: JsonPropertyName("project_id")] string? ProjectId,
    [property: JsonPropertyName("sender_id")] string? SenderId)
{
    public static ListedCredentialDocument Of(PushCredential credential, DateTimeOffset now)
    {
        var one = credential.Configuration;
        return new ListedCredentialDocument(
            one.Id, PushTypeNames.Of(one.Type), Rfc3339.Text(one.CreatedAt),
            one is CertificatePushConfiguration certificate ? CertificateDocument.EnvironmentOf(certificate.ForProduction) : null,
            credential.BundleId, Rfc3339.TextOrNull(credential.ExpiresAt),
            credential.ExpiresAt is { } end ? PushCredentialCheck.DaysLeft(end, now) : null,
            (one as ServiceAccountPushConfiguration)?.ProjectId, (one as SenderPushConfiguration)?.SenderId);
    }
}

[JsonSerializable(typeof(CertificateDocument))]
[JsonSerializable(typeof(ServiceAccountDocument))]
[JsonSerializable(typeof(SenderDocument))]
[JsonSerializable(typeof(ListedPushDocument))]
internal sealed partial class PushContext : JsonSerializerContext;
