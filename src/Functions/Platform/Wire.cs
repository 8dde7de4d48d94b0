using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Platform;

/// <summary>An application (contract, "Application").</summary>
internal sealed record ApplicationDocument(
    [property: JsonPropertyName("icon_url")] string IconUrl,
    [property: JsonPropertyName("api_token")] string ApiToken,
    [property: JsonPropertyName("app_id")] string AppId,
    [property: JsonPropertyName("name")] string Name)
{
    public static ApplicationDocument Of(Application application) =>
        new("", application.Token.Reveal(), application.Id.ToString(), application.Name);
}

/// <summary>A page of applications (contract, "List applications").</summary>
internal sealed record ApplicationListDocument(
    [property: JsonPropertyName("applications")] IReadOnlyList<ApplicationDocument> Applications,
    [property: JsonPropertyName("next")] string Next)
{
    public static ApplicationListDocument Of(ApplicationPage page) =>
        new([.. page.Applications.Select(ApplicationDocument.Of)], page.Next);
}

/// <summary>An API token (contract, "View an API token"); the time is in milliseconds since 1970.</summary>
internal sealed record ApiTokenDocument(
    [property: JsonPropertyName("token")] string Token,
    [property: JsonPropertyName("created_at")] long CreatedAt)
{
    public static ApiTokenDocument Of(IssuedToken issued) =>
        new(issued.Token.Reveal(), issued.CreatedAt.ToUnixTimeMilliseconds());
}

/// <summary>The API tokens of an application (contract, "List API tokens").</summary>
internal sealed record ApiTokenListDocument([property: JsonPropertyName("api_tokens")] IReadOnlyList<ApiTokenDocument> ApiTokens)
{
    public static ApiTokenListDocument Of(IReadOnlyList<IssuedToken> issued) => new([.. issued.Select(ApiTokenDocument.Of)]);
}

/// <summary>Push configurations named by their ids (contract, "Add a GCM push configuration").</summary>
internal sealed record PushIdListDocument([property: JsonPropertyName("push_configurations")] IReadOnlyList<string> PushConfigurations);

/// <summary>Push configurations (contract, "Add an APNS push configuration" and "List push configurations").</summary>
internal sealed record PushListDocument(
    [property: JsonPropertyName("push_configurations")] IReadOnlyList<PushDocument> PushConfigurations);

/// <summary>
/// A push configuration. A sender has the contract's fields; a certificate or a service account has the newer fields of the
/// service. Fields that a type does not have are left out. Times are in milliseconds since 1970.
/// </summary>
internal sealed record PushDocument([property: JsonPropertyName("id"), JsonPropertyOrder(2)] string Id)
{
    [JsonPropertyName("gcm_api_key"), JsonPropertyOrder(0)]
    public string? ApiKey { get; init; }

    [JsonPropertyName("push_type"), JsonPropertyOrder(1)]
    public string? PushType { get; init; }

    [JsonPropertyName("gcm_sender_id"), JsonPropertyOrder(3)]
    public string? SenderId { get; init; }

    [JsonPropertyName("created_at"), JsonPropertyOrder(4)]
    public long? CreatedAt { get; init; }

    [JsonPropertyName("project_id"), JsonPropertyOrder(5)]
    public string? ProjectId { get; init; }

    [JsonPropertyName("private_key_id"), JsonPropertyOrder(6)]
    public string? PrivateKeyId { get; init; }

    [JsonPropertyName("apns_name"), JsonPropertyOrder(7)]
    public string? CertificateName { get; init; }

    // The service spells it like this.
    [JsonPropertyName("apns_cer_env_type"), JsonPropertyOrder(8)]
    public string? Environment { get; init; }

    [JsonPropertyName("apns_expiration"), JsonPropertyOrder(9)]
    public long? Expiration { get; init; }

    [JsonPropertyName("has_unread_count_badge"), JsonPropertyOrder(10)]
    public bool? HasUnreadCountBadge { get; init; }

    [JsonPropertyName("content_available"), JsonPropertyOrder(11)]
    public bool? ContentAvailable { get; init; }

    [JsonPropertyName("mutable_content"), JsonPropertyOrder(12)]
    public bool? MutableContent { get; init; }

    [JsonPropertyName("push_sound"), JsonPropertyOrder(13)]
    public string? PushSound { get; init; }

    public static PushDocument Of(PushConfiguration configuration) => configuration switch
    {
        SenderPushConfiguration sender => new(sender.Id)
        {
            PushType = Name(sender),
            ApiKey = sender.ApiKey,
            SenderId = sender.SenderId,
        },
        ServiceAccountPushConfiguration account => new(account.Id)
        {
            PushType = Name(account),
            CreatedAt = account.CreatedAt.ToUnixTimeMilliseconds(),
            ProjectId = account.ProjectId,
            PrivateKeyId = account.PrivateKeyId,
        },
        CertificatePushConfiguration certificate => new(certificate.Id)
        {
            PushType = Name(certificate),
            CreatedAt = certificate.CreatedAt.ToUnixTimeMilliseconds(),
            CertificateName = certificate.Name,
            Environment = certificate.ForProduction ? "production" : "development",
            Expiration = certificate.ExpiresAt.ToUnixTimeMilliseconds(),
            HasUnreadCountBadge = certificate.Options.HasUnreadCountBadge,
            ContentAvailable = certificate.Options.ContentAvailable,
            MutableContent = certificate.Options.MutableContent,
            PushSound = certificate.Options.PushSound,
        },
        _ => throw new ArgumentException("There is no such push configuration.", nameof(configuration)),
    };

    private static string Name(PushConfiguration configuration) => configuration.Type.ToString().ToUpperInvariant();
}

/// <summary>The open connections (contract, "View CCU").</summary>
internal sealed record CcuDocument([property: JsonPropertyName("ccu")] long Ccu);

/// <summary>The users of a month (contract, "View MAU").</summary>
internal sealed record MauDocument([property: JsonPropertyName("mau")] long Mau);

/// <summary>The users of a day (contract, "View DAU").</summary>
internal sealed record DauDocument([property: JsonPropertyName("dau")] long Dau);

/// <summary>The messages of each day, newest first (contract, "View daily message count").</summary>
internal sealed record DailyCountDocument(
    [property: JsonPropertyName("message_count")] OrderedDictionary<string, long> MessageCount)
{
    public static DailyCountDocument Of(IReadOnlyList<DailyCount> counts) => new(new OrderedDictionary<string, long>(
        counts.Select(count => KeyValuePair.Create(
            IsoDate.Text(count.Day), count.Messages))));
}

[JsonSerializable(typeof(PushIdListDocument))]
[JsonSerializable(typeof(PushListDocument))]
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApplicationDocument))]
[JsonSerializable(typeof(ApplicationListDocument))]
[JsonSerializable(typeof(ApiTokenDocument))]
[JsonSerializable(typeof(ApiTokenListDocument))]
[JsonSerializable(typeof(CcuDocument))]
[JsonSerializable(typeof(MauDocument))]
[JsonSerializable(typeof(DauDocument))]
[JsonSerializable(typeof(DailyCountDocument))]
internal sealed partial class WireContext : JsonSerializerContext;
