using System.Text.Json;
using Gatehouse.Push;

namespace Gatehouse.Platform.Hosted;

/// <summary>The platform's JSON for push configurations.</summary>
internal static class HostedPush
{
    /// <summary>The path of a type.</summary>
    public static string PathOf(PushType type) => type switch
    {
        PushType.Gcm => "/applications/push/gcm",
        PushType.Fcm => "/applications/push/fcm",
        PushType.Apns => "/applications/push/apns",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The type of a registration.</summary>
    public static PushType TypeOf(PushRegistration registration) => registration switch
    {
        SenderRegistration sender => sender.Type,
        ServiceAccountRegistration => PushType.Fcm,
        CertificateRegistration => PushType.Apns,
        _ => throw new ArgumentException("Unknown kind of registration.", nameof(registration)),
    };

    /// <summary>The secrets in a registration, which must not appear in a message.</summary>
    public static IReadOnlyList<string> SecretsOf(PushRegistration registration) => registration switch
    {
        SenderRegistration sender => [sender.ApiKey],
        CertificateRegistration { Password: { Length: > 0 } password } => [password],
        _ => [],
    };

    /// <summary>The ids of what was added: a list of strings, or of objects.</summary>
    /// <exception cref="PlatformException">There are none.</exception>
    public static IReadOnlyList<string> Ids(JsonElement body)
    {
        var ids = new List<string>();
        foreach (var one in body.List("push_configurations")) ids.Add(Id(one));
        return ids.Count > 0 ? ids : throw HostedFaults.Malformed("nothing was added");
    }

    /// <summary>The push configurations of a type.</summary>
    /// <exception cref="PlatformException">They are not valid.</exception>
    public static IReadOnlyList<PushConfiguration> List(JsonElement body, PushType type)
    {
        var configurations = new List<PushConfiguration>();
        foreach (var one in body.List("push_configurations")) configurations.Add(Read(one, type));
        return configurations;
    }

    /// <summary>
    /// The ids of what a registration would have added, if exactly one listed configuration matches each; otherwise null.
    /// </summary>
    public static IReadOnlyList<string>? Find(
        PushRegistration registration, IReadOnlyList<PushConfiguration> listed, DateTimeOffset now)
    {
        var conditions = new List<Func<PushConfiguration, bool>?>();
        switch (registration)
        {
            case SenderRegistration sender:
                conditions.Add(one => one is SenderPushConfiguration found && found.SenderId == sender.SenderId && found.ApiKey == sender.ApiKey);
                break;
            case ServiceAccountRegistration account:
                var key = FcmServiceAccountInspector.Inspect(account.KeyFile).Credential;
                conditions.Add(key is null ? null : one => one is ServiceAccountPushConfiguration found
                    && found.ProjectId == key.ProjectId && found.PrivateKeyId == key.PrivateKeyId);
                break;
            case CertificateRegistration given:
                foreach (var file in (ReadOnlyMemory<byte>?[])[given.Development, given.Production, given.Either])
                    if (file is { } bytes) conditions.Add(Fits(given, bytes, now));
                break;
        }
        var ids = conditions.Select(fits => fits is null ? [] : listed.Where(fits).Select(one => one.Id).ToList()).ToList();
        return ids.All(found => found.Count == 1) ? [.. ids.Select(found => found[0])] : null;
    }

    private static Func<PushConfiguration, bool>? Fits(CertificateRegistration given, ReadOnlyMemory<byte> file, DateTimeOffset now) =>
        (given.Inspected ?? ApnsCertificateInspector.Inspect(file, given.Password, now).Credential) is not { } certificate ? null
            : one => one is CertificatePushConfiguration found && found.Name == certificate.CommonName
                && found.ExpiresAt.ToUnixTimeSeconds() == certificate.NotAfter.ToUnixTimeSeconds();

    private static string Id(JsonElement value) => value.Text("id") is { Length: > 0 } id
        ? id : throw HostedFaults.Malformed("a push configuration has no id");

    private static PushConfiguration Read(JsonElement value, PushType expectedType)
    {
        var id = Id(value);
        var type = Enum.TryParse<PushType>(value.Member("push_type").Text(), ignoreCase: true, out var parsed) ? parsed : expectedType;
        // The contract has none for a sender.
        var createdAt = ResponseJson.Time(value.Member("created_at")) ?? DateTimeOffset.UnixEpoch;
        if (type == PushType.Apns) return Certificate(value, id, createdAt);
        return type == PushType.Fcm && value.Member("gcm_sender_id", "gcm_api_key").ValueKind == JsonValueKind.Undefined
            ? new ServiceAccountPushConfiguration(id, createdAt, Text(value, "project_id"), Text(value, "private_key_id"))
            : new SenderPushConfiguration(id, type, createdAt, Text(value, "gcm_sender_id"), Text(value, "gcm_api_key"));
    }

    private static CertificatePushConfiguration Certificate(JsonElement value, string id, DateTimeOffset createdAt) => new(
        id, createdAt, Text(value, "apns_name"),
        // The service's own spelling.
        value.Member("apns_cer_env_type", "apns_cert_env_type").Text()?.Equals("production", StringComparison.OrdinalIgnoreCase) == true,
        ResponseJson.Time(value.Member("apns_expiration")) ?? DateTimeOffset.MaxValue,
        new ApnsOptions(
            ResponseJson.Boolean(value.Member("has_unread_count_badge")), ResponseJson.Boolean(value.Member("content_available")),
            ResponseJson.Boolean(value.Member("mutable_content")), Text(value, "push_sound")));

    private static string Text(JsonElement value, string name) => value.Member(name).Text() ?? "";
}
