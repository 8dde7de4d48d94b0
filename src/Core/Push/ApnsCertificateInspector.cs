using System.Security.Cryptography;

using ApnsInspection = Gatehouse.Push.Inspection<Gatehouse.Push.ApnsCertificate, Gatehouse.Push.ApnsCertificateFault>;

namespace Gatehouse.Push;

/// <summary>Opens an uploaded .p12 file and checks whether it can send push notifications through Apple's service.</summary>
/// <remarks>
/// Apple's signature is not checked: a forged certificate grants nothing here, and Apple's service refuses it. Any sequence
/// of bytes gets a result, never an exception. The worst takes about four seconds, so uploads are opened by
/// <see cref="Inspections"/>.
/// </remarks>
public static class ApnsCertificateInspector
{
    /// <summary>
    /// The most bytes of a file. An export has 3 to 10 KiB. Up to this size it also fits, encrypted, into the 64 KiB of one
    /// table property.
    /// </summary>
    public const int MaxFileSize = 48 * 1024;

    // Above this, a file takes more than a third of a second.
    private const int MostRoundsOfACheapFile = 200_000;

    /// <summary>Checks a .p12 file at an instant.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="password">The file's password; null or empty for none.</param>
    /// <param name="now">The instant at which the certificate must be valid.</param>
    /// <param name="environment">
    /// The environment that the certificate is for. Of several certificates, it decides; <see cref="ApnsEnvironments.None"/>
    /// where it is not known.
    /// </param>
    public static ApnsInspection Inspect(
        ReadOnlyMemory<byte> file, string? password, DateTimeOffset now, ApnsEnvironments environment = ApnsEnvironments.None)
    {
        if (Look(file) is { } refusal) return refusal;
        using var contents = new Pkcs12Contents();
        return contents.Open(file, password) ?? Judge(contents, now, environment);
    }

    /// <summary>Refuses what can be refused without deriving a key; null where the file has to be opened.</summary>
    /// <param name="file">The file's bytes.</param>
    internal static ApnsInspection? Look(ReadOnlyMemory<byte> file)
    {
        if (file.Length > MaxFileSize) return ApnsRefusals.TooLarge;
        if (!Pkcs12Form.Fits(file.Span)) return ApnsRefusals.NotPkcs12(UploadedFile.Describe(file.Span));
        var (total, greatest) = Pkcs12Rounds.Of(file);
        return total > Pkcs12Contents.MostRounds || greatest > Pkcs12Contents.MostRoundsAtOnce ? ApnsRefusals.TooCostly : null;
    }

    /// <summary>Whether opening these files takes long: <see cref="Inspections"/> opens such files apart.</summary>
    internal static bool IsCostly(params ReadOnlySpan<ReadOnlyMemory<byte>?> files)
    {
        var rounds = 0L;
        foreach (var file in files)
            if (file is { } bytes && Look(bytes) is null) rounds += Pkcs12Rounds.Of(bytes).Total;
        return rounds > MostRoundsOfACheapFile;
    }

    private static ApnsInspection Judge(Pkcs12Contents contents, DateTimeOffset now, ApnsEnvironments environment)
    {
        if (contents.Certificates.Count == 0) return contents.Unread ?? ApnsRefusals.NoCertificate;

        var (push, hasKeyless, unread) = (new List<ApnsCertificate>(), false, contents.Unread);
        foreach (var certificate in contents.Certificates)
        {
            try
            {
                // The others are the issuers, and certificates for other uses.
                if (AppleCertificate.Read(certificate) is not { } found) continue;
                if (contents.HasKeyOf(certificate)) push.Add(found);
                else hasKeyless = true;
            }
            catch (CryptographicException)
            {
                unread ??= ApnsRefusals.CertificateNotSupported;
            }
        }
        if (push.Count == 0) return unread ?? (hasKeyless ? ApnsRefusals.NoPrivateKey : ApnsRefusals.NotApplePush(contents.Certificates));

        if (push.Exists(ServesIt)) push.RemoveAll(certificate => !ServesIt(certificate));
        var valid = push.FindAll(certificate => certificate.NotBefore <= now && now <= certificate.NotAfter);
        // Where none serves the environment, the caller refuses any of them.
        if (valid.Count == 1 || (valid.Count > 1 && !ServesIt(valid[0]))) return new(valid[0]);
        if (valid.Count > 1) return ApnsRefusals.SeveralCertificates(valid, environment);

        var newest = push.MaxBy(certificate => certificate.NotAfter)!;
        return now < newest.NotBefore ? ApnsRefusals.NotYetValid(newest) : ApnsRefusals.Expired(newest);

        bool ServesIt(ApnsCertificate certificate) => certificate.Serves(environment);
    }
}
