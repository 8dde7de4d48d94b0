using System.Text;
using Gatehouse.Platform;
using Gatehouse.Push;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody.PushCredentials;

/// <summary>
/// The push credentials of applications in custody: inspected here, stored by the platform, replaced without a gap.
/// </summary>
public sealed class ManagedPushCredentials(
    IPlatform platform, MasterTokens masters, ITableStore store, Inspections inspections, TimeProvider time)
{
    /// <summary>The most bytes of a sender's id or server key.</summary>
    public const int TextSize = 4096;

    private readonly CustodyRows applications = new(store);
    private readonly RegisteredCertificates registered = new(store);

    /// <summary>Inspects a certificate and says what registering it would do. Changes nothing.</summary>
    /// <exception cref="PushCredentialException">The certificate is refused.</exception>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.Deleting"/>,
    /// <see cref="CustodyFault.MasterTokenMissing"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<CertificateAddition> PreviewCertificateAsync(
        AppId application, CertificateUpload upload, bool replaces, CancellationToken cancellation)
    {
        var found = await InspectAsync(application, upload, replaces, cancellation);
        await RequireSlotAsync(application, cancellation);
        return found;
    }

    /// <summary>
    /// Registers a certificate; if it <paramref name="replaces"/> others, then removes the older ones with its bundle id and
    /// environment.
    /// </summary>
    /// <remarks>
    /// Older ones are those that were listed before it was registered. So two concurrent replacements never remove the newer
    /// one, and there is always at least one. Certificates that a crash has left are removed by the next replacement.
    /// </remarks>
    /// <exception cref="PushCredentialException">The certificate is refused.</exception>
    /// <exception cref="CustodyException">As <see cref="PreviewCertificateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer. A failure after the platform has
    /// registered the certificate is not thrown, but part of the result.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<CertificateAddition> AddCertificateAsync(
        AppId application, CertificateUpload upload, bool replaces, CancellationToken cancellation)
    {
        var found = await InspectAsync(application, upload, replaces, cancellation);
        // Without the explicit type, null would become an empty file.
        ReadOnlyMemory<byte>? file = upload.File;
        var registration = new CertificateRegistration(
            found.ForProduction ? null : file, found.ForProduction ? file : null, null, upload.Password,
            new ApnsOptions(upload.HasUnreadCountBadge, ContentAvailable: false, MutableContent: false, PushSound: ""))
        {
            Inspected = found.Certificate,
        };
        var id = await AddAsync(application, registration, cancellation);

        var failures = new List<CustodyFailure>();
        try
        {
            var certificate = found.Certificate;
            await registered.SaveAsync(
                application,
                new(id, certificate.BundleId, found.ForProduction, certificate.Thumbprint, certificate.NotAfter, time.GetUtcNow()),
                CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            failures.Add(new CustodyFailure(application, e));
        }

        var (removed, left) = (new List<string>(), new List<string>());
        foreach (var older in found.Replaced)
        {
            try
            {
                await TryRemoveAsync(application, PushType.Apns, older, cancellation);
                removed.Add(older);
            }
            catch (Exception e) when (CustodyFailure.Is(e) || e is OperationCanceledException)
            {
                left.Add(older);
                failures.Add(new CustodyFailure(application, e));
            }
        }
        return found with { Id = id, Replaced = removed, Left = left, Failures = failures };
    }

    /// <summary>Inspects the key file of a Google service account and, unless it is a dry run, registers it.</summary>
    /// <exception cref="PushCredentialException">The file is refused.</exception>
    /// <exception cref="CustodyException">As <see cref="PreviewCertificateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<ServiceAccountAddition> AddServiceAccountAsync(
        AppId application, ReadOnlyMemory<byte> keyFile, bool onlyInspects, CancellationToken cancellation)
    {
        await RequireAsync(application, cancellation);
        var inspection = FcmServiceAccountInspector.Inspect(keyFile);
        if (!inspection.Accepted) throw new PushCredentialException(inspection.Fault.Value, inspection.Message);
        var id = await AddUnlessAsync(onlyInspects, application, new ServiceAccountRegistration(keyFile), cancellation);
        return new ServiceAccountAddition(id, inspection.Credential);
    }

    /// <summary>
    /// Registers a Google sender with its legacy server key, as the type of the wire contract (<see cref="PushType.Gcm"/>);
    /// returns its id, or null for a dry run.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Invalid"/> for a text that is empty or over
    /// <see cref="TextSize"/>; otherwise as <see cref="PreviewCertificateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<string?> AddSenderAsync(
        AppId application, string senderId, string serverKey, bool onlyInspects, CancellationToken cancellation)
    {
        await RequireAsync(application, cancellation);
        foreach (var (text, name) in new[] { (senderId, "sender_id"), (serverKey, "server_key") })
        {
            if (string.IsNullOrWhiteSpace(text) || Encoding.UTF8.GetByteCount(text) > TextSize)
                throw CustodyException.Invalid($"{name} must have 1 to {TextSize} bytes.");
        }
        return await AddUnlessAsync(onlyInspects, application, new SenderRegistration(PushType.Gcm, senderId, serverKey), cancellation);
    }

    /// <summary>The push credentials of every type, in the platform's order for each type.</summary>
    /// <exception cref="CustodyException">As <see cref="PreviewCertificateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<IReadOnlyList<PushCredential>> ListAsync(AppId application, CancellationToken cancellation)
    {
        await RequireAsync(application, cancellation);
        var listed = await masters.UseAsync(
            application,
            master => Task.WhenAll(
                Enum.GetValues<PushType>().Select(type => platform.ListPushConfigurationsAsync(master, type, cancellation))),
            cancellation);
        var known = await registered.ReadAsync(application, cancellation);
        return [.. listed
            .SelectMany(configurations => configurations)
            .Select(configuration => PushCredential.Of(configuration, known.GetValueOrDefault(configuration.Id)))];
    }

    /// <summary>Removes a push credential.</summary>
    /// <exception cref="CustodyException">There is no push credential of that type and id; otherwise as
    /// <see cref="PreviewCertificateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task DeleteAsync(AppId application, PushType type, string id, CancellationToken cancellation)
    {
        await RequireAsync(application, cancellation);
        if (!await TryRemoveAsync(application, type, id, cancellation)) throw CustodyException.PushCredentialNotFound();
    }

    /// <summary>What <see cref="DeleteAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException">As for <see cref="DeleteAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewDeletionAsync(
        AppId application, PushType type, string id, CancellationToken cancellation)
    {
        var credential = (await ListAsync(application, cancellation))
            .FirstOrDefault(one => one.Configuration.Type == type && one.Configuration.Id == id) ?? throw CustodyException.PushCredentialNotFound();
        var name = credential.BundleId is { } bundle ? $"The certificate of {bundle}" : "The push credential";
        return [new(PlannedAction.Delete, $"push:{id}", $"{name} is removed. The platform sends no notification with it any more.")];
    }

    private async Task<CertificateAddition> InspectAsync(
        AppId application, CertificateUpload upload, bool replaces, CancellationToken cancellation)
    {
        await RequireAsync(application, cancellation);
        var (certificate, forProduction) = await inspections.RunAsync(
            () => Inspect(upload), ApnsCertificateInspector.IsCostly(upload.File), cancellation);
        var older = replaces ? await FindOlderAsync(application, certificate, forProduction, cancellation) : [];
        return new CertificateAddition(null, certificate, forProduction, older, [], []);
    }

    // Null for a dry run.
    private async Task<string?> AddUnlessAsync(
        bool onlyInspects, AppId application, PushRegistration registration, CancellationToken cancellation)
    {
        if (!onlyInspects) return await AddAsync(application, registration, cancellation);
        await RequireSlotAsync(application, cancellation);
        return null;
    }

    // The platform refuses one more itself, but not in a dry run, which does not ask it for a change.
    private async Task RequireSlotAsync(AppId application, CancellationToken cancellation)
    {
        if (platform.MostPushConfigurations is { } most && (await ListAsync(application, cancellation)).Count >= most)
            throw PlatformException.TooManyPushConfigurations(most);
    }

    private (ApnsCertificate Certificate, bool ForProduction) Inspect(CertificateUpload upload)
    {
        var environment = upload.ForProduction is { } given ? PushCredential.EnvironmentOf(given) : ApnsEnvironments.None;
        var file = ApnsCertificateInspector.Inspect(upload.File, upload.Password, time.GetUtcNow(), environment);
        if (!file.Accepted) throw new PushCredentialException(file.Fault.Value, file.Message);
        var certificate = file.Credential;
        var forProduction = upload.ForProduction ?? certificate.Serves(ApnsEnvironments.Production);
        var pair = ApnsCertificatePair.Inspect(forProduction ? null : certificate, forProduction ? certificate : null);
        return pair.Accepted ? (certificate, forProduction) : throw new PushCredentialException(pair.Fault.Value, pair.Message);
    }

    // A certificate that was registered here is known by its file. For any other, Apple's name must match: a certificate
    // that may be for another app is not removed.
    private async Task<IReadOnlyList<string>> FindOlderAsync(
        AppId application, ApnsCertificate certificate, bool forProduction, CancellationToken cancellation)
    {
        var listed = await masters.UseAsync(
            application, master => platform.ListPushConfigurationsAsync(master, PushType.Apns, cancellation), cancellation);
        var known = await registered.ReadAsync(application, cancellation);
        return [.. listed.OfType<CertificatePushConfiguration>().Where(IsOfTheSame).Select(one => one.Id)];

        bool IsOfTheSame(CertificatePushConfiguration one) => known.TryGetValue(one.Id, out var found)
            ? found.BundleId == certificate.BundleId && found.ForProduction == forProduction
            : one.ForProduction == forProduction && certificate.BundleId
                == ApnsCertificateName.BundleIdOf(one.Name, PushCredential.EnvironmentOf(forProduction));
    }

    private async Task<string> AddAsync(
        AppId application, PushRegistration registration, CancellationToken cancellation) =>
        (await masters.UseAsync(
            application, master => platform.AddPushConfigurationsAsync(master, registration, cancellation), cancellation))[0];

    // False where it does not exist, for example because another call has removed it.
    private async Task<bool> TryRemoveAsync(AppId application, PushType type, string id, CancellationToken cancellation)
    {
        try
        {
            await masters.UseAsync(
                application, master => platform.DeletePushConfigurationAsync(master, type, id, cancellation), cancellation);
            return true;
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.NotFoundCode)
        {
            return false;
        }
    }

    private async Task RequireAsync(AppId application, CancellationToken cancellation)
    {
        var record = await applications.FindAsync(application, cancellation) ?? throw CustodyException.ApplicationNotFound();
        if (record.State == CustodyState.Deleting) throw CustodyException.Deleting();
    }
}
