using System.Security.Cryptography;
using System.Text;
using Gatehouse.Push;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// The push configurations of an application: add, list, delete (wire contract, "Add a GCM push configuration" to "Delete
/// the push configuration").
/// </summary>
public sealed class PushConfigurations(
    ITableStore store, ApplicationAccess access, PlatformKeys keys, Inspections inspections, TimeProvider time)
{
    /// <summary>
    /// The most push configurations of an application. With this many, it can be deleted in one commit of at most 100
    /// changes.
    /// </summary>
    public const int Most = 50;

    /// <summary>The most bytes of a sender id, a server key or a sound's name.</summary>
    public const int TextSize = 4096;

    private const string Resource = "Push configuration";

    /// <summary>
    /// Inspects the credentials and adds them: one configuration, or one for each certificate, all or none.
    /// </summary>
    /// <exception cref="PlatformException">400111 where a file is not valid; 400110 for a text over 4 KiB; 400203 where
    /// there are fifty already; 500901 where too many files are being inspected.</exception>
    public async Task<IReadOnlyList<PushConfiguration>> AddAsync(
        ApplicationCaller caller, PushRegistration registration, CancellationToken cancellation)
    {
        var added = registration switch
        {
            SenderRegistration sender => [Sender(sender)],
            ServiceAccountRegistration account => [ServiceAccount(account)],
            CertificateRegistration certificates => await inspections.RunAsync(
                () => Certificates(certificates), IsCostly(certificates), cancellation),
            _ => throw new ArgumentException("Unknown kind of registration.", nameof(registration)),
        };
        await access.ChangeAsync(
            caller,
            current =>
            {
                var count = current.Record.PushConfigurations + added.Count;
                if (count > Most) throw PlatformException.TooManyPushConfigurations(Most);
                var rows = added.Select(one => RowChange.Insert(PushConfigurationRow.Write(one, keys.Data, current.Application)));
                return new([(current.Record with { PushConfigurations = count }).Replace(), .. rows]);
            },
            cancellation);
        return [.. added.Select(one => one.Configuration)];
    }

    /// <summary>The configurations of one type, or of every type for null: by type, the newest first.</summary>
    public async Task<IReadOnlyList<PushConfiguration>> ListAsync(
        ApplicationCaller caller, PushType? type, CancellationToken cancellation)
    {
        var range = type is { } one ? PushConfigurationRow.Range(caller.Application, one) : PushConfigurationRow.Range(caller.Application);
        if (caller.Record.PushConfigurations == 0) return [];
        var rows = await store.ReadAsync(ApplicationRecord.Table, caller.Record.Partition, range, Most, cancellation);
        return [.. rows
            .Select(row => PushConfigurationRow.Read(row, keys.Data, caller.Application))
            .OrderBy(configuration => configuration.Type).ThenByDescending(configuration => configuration.CreatedAt)
            .ThenBy(configuration => configuration.Id, StringComparer.Ordinal)];
    }

    /// <summary>Deletes one configuration.</summary>
    /// <exception cref="PlatformException">400201 if no configuration has that type and id.</exception>
    public async Task DeleteAsync(ApplicationCaller caller, PushType type, string id, CancellationToken cancellation)
    {
        if (!PushConfigurationRow.IsId(id)) throw PlatformException.NotFound(Resource);
        var key = PushConfigurationRow.Key(caller.Application, type, id);
        await access.ChangeAsync(
            caller,
            async current =>
            {
                if (await store.GetAsync(ApplicationRecord.Table, current.Record.Partition, key, cancellation) is null)
                    throw PlatformException.NotFound(Resource);
                var record = current.Record with { PushConfigurations = current.Record.PushConfigurations - 1 };
                return [record.Replace(), RowChange.Delete(key)];
            },
            cancellation);
    }

    private SealedConfiguration Sender(SenderRegistration sender)
    {
        RequireShort(sender.SenderId, "gcm_sender_id");
        RequireShort(sender.ApiKey, "gcm_api_key");
        return new(new SenderPushConfiguration(NewId(), sender.Type, time.GetUtcNow(), sender.SenderId, sender.ApiKey), default, null);
    }

    private SealedConfiguration ServiceAccount(ServiceAccountRegistration account)
    {
        var found = Accepted(FcmServiceAccountInspector.Inspect(account.KeyFile));
        return new(
            new ServiceAccountPushConfiguration(NewId(), time.GetUtcNow(), found.ProjectId, found.PrivateKeyId), account.KeyFile, null);
    }

    private List<SealedConfiguration> Certificates(CertificateRegistration given)
    {
        RequireShort(given.Options.PushSound, "push_sound");
        // All files are looked at before the first is opened.
        foreach (var file in (ReadOnlyMemory<byte>?[])[given.Development, given.Production, given.Either])
            if (file is { } bytes && ApnsCertificateInspector.Look(bytes) is { } refused) Accepted(refused);
        var development = Inspect(given, given.Development, ApnsEnvironments.Development);
        var production = Inspect(given, given.Production, ApnsEnvironments.Production);
        var either = Inspect(given, given.Either, ApnsEnvironments.None);
        if (development is not null || production is not null)
            Accepted(ApnsCertificatePair.Inspect(development, production));

        var added = new List<SealedConfiguration>(3);
        Add(development, given.Development, forProduction: false);
        Add(production, given.Production, forProduction: true);
        Add(either, given.Either, either?.Serves(ApnsEnvironments.Production) == true);
        return added;

        void Add(ApnsCertificate? certificate, ReadOnlyMemory<byte>? file, bool forProduction)
        {
            if (certificate is null || file is not { } bytes) return;
            added.Add(new(
                new CertificatePushConfiguration(
                    NewId(), time.GetUtcNow(), certificate.CommonName, forProduction, certificate.NotAfter, given.Options),
                bytes, given.Password));
        }
    }

    private static bool IsCostly(CertificateRegistration given) =>
        given.Inspected is null && ApnsCertificateInspector.IsCostly(given.Development, given.Production, given.Either);

    private ApnsCertificate? Inspect(CertificateRegistration given, ReadOnlyMemory<byte>? file, ApnsEnvironments environment) =>
        file is not { } bytes ? null
        : given.Inspected ?? Accepted(ApnsCertificateInspector.Inspect(bytes, given.Password, time.GetUtcNow(), environment));

    private static TCredential Accepted<TCredential, TFault>(Inspection<TCredential, TFault> inspection)
        where TCredential : class
        where TFault : struct, Enum =>
        inspection.Accepted ? inspection.Credential : throw PlatformException.Invalid(inspection.Message);

    private static void RequireShort(string text, string parameter)
    {
        if (Encoding.UTF8.GetByteCount(text) > TextSize) throw PlatformException.TooLong(parameter, $"{TextSize} bytes");
    }

    private static string NewId() => RandomNumberGenerator.GetHexString(PushConfigurationRow.IdLength, lowercase: true);
}
