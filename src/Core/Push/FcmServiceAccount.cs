namespace Gatehouse.Push;

/// <summary>A Google service account that sends through Firebase Cloud Messaging, without its private key.</summary>
/// <param name="ProjectId">The Firebase project that it sends for.</param>
/// <param name="PrivateKeyId">Google's id of the private key in the file.</param>
/// <param name="ClientEmail">The account's address.</param>
public sealed record FcmServiceAccount(string ProjectId, string PrivateKeyId, string ClientEmail);

/// <summary>Why an uploaded service account key is refused.</summary>
public enum FcmServiceAccountFault
{
    /// <summary>The file is not a JSON object, names a property twice, or has a property of a wrong type.</summary>
    NotJson,

    /// <summary>The file has more bytes than <see cref="FcmServiceAccountInspector.MaxFileSize"/>.</summary>
    TooLarge,

    /// <summary>The file is other JSON: its <c>type</c> is not <c>service_account</c>.</summary>
    NotServiceAccount,

    /// <summary>There is no <c>project_id</c>.</summary>
    NoProjectId,

    /// <summary>There is no <c>private_key_id</c>.</summary>
    NoPrivateKeyId,

    /// <summary>There is no <c>client_email</c>.</summary>
    NoClientEmail,

    /// <summary>There is no <c>private_key</c>.</summary>
    NoPrivateKey,

    /// <summary>The <c>private_key</c> is not an RSA private key in PEM.</summary>
    PrivateKeyUnreadable,
}
