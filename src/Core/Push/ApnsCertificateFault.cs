namespace Gatehouse.Push;

/// <summary>Why an uploaded push certificate is refused.</summary>
public enum ApnsCertificateFault
{
    /// <summary>The file is no PKCS#12 file, or is cut short.</summary>
    NotPkcs12,

    /// <summary>The file has more bytes than <see cref="ApnsCertificateInspector.MaxFileSize"/>.</summary>
    TooLarge,

    /// <summary>The file asks for more key derivation, or holds more entries, than any export of a push certificate.</summary>
    TooCostly,

    /// <summary>A PKCS#12 file with damage inside, or protected by an algorithm that is not known here.</summary>
    Unreadable,

    /// <summary>The file has a password, and none was given.</summary>
    PasswordMissing,

    /// <summary>The file does not open with the password given.</summary>
    PasswordWrong,

    /// <summary>No certificate is inside: the key alone was exported.</summary>
    NoCertificate,

    /// <summary>A certificate is inside, and no private key that belongs to it.</summary>
    NoPrivateKey,

    /// <summary>The certificate is not one of Apple's for push notifications.</summary>
    NotApplePush,

    /// <summary>The certificate's validity has not begun.</summary>
    NotYetValid,

    /// <summary>The certificate's validity is over.</summary>
    Expired,

    /// <summary>Several valid push certificates are inside, each with its key: which one is meant is not said.</summary>
    SeveralCertificates,

    /// <summary>The certificate does not serve the environment that it was given for.</summary>
    WrongEnvironment,

    /// <summary>One and the same certificate was given for development and for production.</summary>
    SameCertificateForBoth,
}
