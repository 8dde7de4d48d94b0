using Gatehouse.Push;

namespace Gatehouse.Platform;

/// <summary>The service that a push configuration sends through.</summary>
public enum PushType
{
    /// <summary>Google Cloud Messaging.</summary>
    Gcm,

    /// <summary>Firebase Cloud Messaging, its successor.</summary>
    Fcm,

    /// <summary>Apple Push Notification service.</summary>
    Apns,
}

/// <summary>A push configuration of an application, as it is listed.</summary>
/// <param name="Id">40 lower-case hex digits.</param>
/// <param name="Type">The service it sends through.</param>
/// <param name="CreatedAt">When it was added.</param>
public abstract record PushConfiguration(string Id, PushType Type, DateTimeOffset CreatedAt);

/// <summary>A Google sender with its server key, which the contract lists in clear.</summary>
public sealed record SenderPushConfiguration(string Id, PushType Type, DateTimeOffset CreatedAt, string SenderId, string ApiKey)
    : PushConfiguration(Id, Type, CreatedAt)
{
    /// <summary>The id and the type: never the key.</summary>
    public override string ToString() => $"{Type} {Id}";
}

/// <summary>A Google service account. Its key is stored, and not shown again.</summary>
public sealed record ServiceAccountPushConfiguration(
    string Id, DateTimeOffset CreatedAt, string ProjectId, string PrivateKeyId)
    : PushConfiguration(Id, PushType.Fcm, CreatedAt);

/// <summary>An Apple certificate. The file is stored, and not shown again.</summary>
/// <param name="Id">40 lower-case hex digits.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="Name">The certificate's common name.</param>
/// <param name="ForProduction">Whether it was given for production, or else for development.</param>
/// <param name="ExpiresAt">The last instant at which the certificate is valid.</param>
/// <param name="Options">How notifications are sent with it.</param>
public sealed record CertificatePushConfiguration(
    string Id, DateTimeOffset CreatedAt, string Name, bool ForProduction, DateTimeOffset ExpiresAt, ApnsOptions Options)
    : PushConfiguration(Id, PushType.Apns, CreatedAt);

/// <summary>How notifications are sent to Apple's service.</summary>
/// <param name="HasUnreadCountBadge">Whether they carry the number of unread messages.</param>
/// <param name="ContentAvailable">Whether they wake the app in the background.</param>
/// <param name="MutableContent">Whether the app may change them before they are shown.</param>
/// <param name="PushSound">The name of the sound, at most 255 bytes; empty for none.</param>
public sealed record ApnsOptions(bool HasUnreadCountBadge, bool ContentAvailable, bool MutableContent, string PushSound);

/// <summary>A request to add push configurations.</summary>
public abstract record PushRegistration;

/// <summary>A Google sender with its server key.</summary>
public sealed record SenderRegistration(PushType Type, string SenderId, string ApiKey) : PushRegistration
{
    /// <summary>The type: never the key.</summary>
    public override string ToString() => $"{Type}";
}

/// <summary>The JSON key file of a service account.</summary>
public sealed record ServiceAccountRegistration(ReadOnlyMemory<byte> KeyFile) : PushRegistration;

/// <summary>Apple certificates as .p12 files, at least one.</summary>
/// <param name="Development">A file for development; null for none.</param>
/// <param name="Production">A file for production; null for none.</param>
/// <param name="Either">A file whose environment is read from the certificate; null for none.</param>
/// <param name="Password">The files' password; null or empty for none.</param>
/// <param name="Options">How notifications are sent.</param>
public sealed record CertificateRegistration(
    ReadOnlyMemory<byte>? Development, ReadOnlyMemory<byte>? Production, ReadOnlyMemory<byte>? Either, string? Password,
    ApnsOptions Options) : PushRegistration
{
    /// <summary>
    /// What was found in the only file, where it has been opened already: opening it can take seconds. Null where it has not.
    /// </summary>
    public ApnsCertificate? Inspected { get; init; }

    /// <summary>Shows nothing: the record's own text would show the password.</summary>
    public override string ToString() => nameof(CertificateRegistration);
}
