using Gatehouse.Push;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>The names of the faults in uploaded credentials, as answers show them. A name never changes.</summary>
internal static class CredentialFaultNames
{
    public static string Of(ApnsCertificateFault fault) => fault switch
    {
        ApnsCertificateFault.NotPkcs12 => "not-pkcs12",
        ApnsCertificateFault.TooLarge => "too-large",
        ApnsCertificateFault.TooCostly => "too-costly",
        ApnsCertificateFault.Unreadable => "unreadable",
        ApnsCertificateFault.PasswordMissing => "password-missing",
        ApnsCertificateFault.PasswordWrong => "password-wrong",
        ApnsCertificateFault.NoCertificate => "no-certificate",
        ApnsCertificateFault.NoPrivateKey => "no-private-key",
        ApnsCertificateFault.NotApplePush => "not-apple-push",
        ApnsCertificateFault.NotYetValid => "not-yet-valid",
        ApnsCertificateFault.Expired => "expired",
        ApnsCertificateFault.SeveralCertificates => "several-certificates",
        ApnsCertificateFault.WrongEnvironment => "wrong-environment",
        ApnsCertificateFault.SameCertificateForBoth => "same-certificate-for-both",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    public static string Of(FcmServiceAccountFault fault) => fault switch
    {
        FcmServiceAccountFault.NotJson => "not-json",
        FcmServiceAccountFault.TooLarge => "too-large",
        FcmServiceAccountFault.NotServiceAccount => "not-service-account",
        FcmServiceAccountFault.NoProjectId => "no-project-id",
        FcmServiceAccountFault.NoPrivateKeyId => "no-private-key-id",
        FcmServiceAccountFault.NoClientEmail => "no-client-email",
        FcmServiceAccountFault.NoPrivateKey => "no-private-key",
        FcmServiceAccountFault.PrivateKeyUnreadable => "private-key-unreadable",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
