namespace Gatehouse.Push;

/// <summary>Why an uploaded push certificate is refused.</summary>
public enum ApnsCertificateFault
{
    /// <summary>The file is not a PKCS#12 file, or is cut short.</summary>
    NotPkcs12,

    /// <summary>The file has more bytes than <see cref="ApnsCertificateInspector.MaxFileSize"/>.</summary>
    TooLarge,

    /// <summary>The file needs more key derivation, or holds more entries, than any export of a push certificate.</summary>
    TooCostly,

    /// <summary>A PKCS#12 file that is damaged inside, or protected by an unknown algorithm.</summary>
    Unreadable,

    /// <summary>The file has a password, and none was given.</summary>
    PasswordMissing,

    /// <summary>The password does not open the file.</summary>
    PasswordWrong,

    /// <summary>There is no certificate inside: only the key was exported.</summary>
    NoCertificate,

    /// <summary>There is a certificate inside, but no private key for it.</summary>
    NoPrivateKey,

    /// <summary>The certificate is not an Apple push certificate.</summary>
    NotApplePush,

    /// <summary>The certificate is not valid yet.</summary>
    NotYetValid,

    /// <summary>The certificate has expired.</summary>
    Expired,

    /// <summary>
    /// There are several valid push certificates inside, each with its key, so the intended one is not clear.
    /// </summary>
    SeveralCertificates,

    /// <summary>The certificate does not serve the environment that it was given for.</summary>
    WrongEnvironment,

    /// <summary>The same certificate was given for development and for production.</summary>
    SameCertificateForBoth,
}
