using System.Collections.Concurrent;
using System.Globalization;
using Gatehouse.Alerts;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Custody.PushCredentials;

/// <summary>The result of a check of the push credentials.</summary>
/// <param name="Checked">How many applications were checked.</param>
/// <param name="Warned">How many credentials have expired, or expire within 30 days. There is an alert for each in the
/// outbox.</param>
/// <param name="Failures">What could not be checked. The next run tries it again.</param>
public sealed record PushCheckRun(int Checked, int Warned, IReadOnlyList<CustodyFailure> Failures);

/// <summary>Raises alerts for push credentials that expire in 30, 7 and 1 days, and when they have expired.</summary>
/// <remarks>
/// Only the latest stage of a credential is reported, so there is one alert even if earlier checks were missed. Each stage
/// has its own key in the outbox, so it is reported once, however often and by how many instances it is seen. An interrupted
/// check is simply run again.
/// </remarks>
public sealed class PushCredentialCheck(
    IPlatform platform, MasterTokens masters, ITableStore store, AlertOutbox alerts, TimeProvider time)
{
    private const int PageSize = 100;
    private const int ApplicationsAtOnce = 8;

    private static readonly int[] WarningDays = [1, 7, 30];

    // A credential that is registered during the request to the platform is not listed yet.
    private static readonly TimeSpan MemoryOfUnlisted = TimeSpan.FromDays(1);

    private readonly CustodyRows applications = new(store);
    private readonly RegisteredCertificates registered = new(store);

    /// <summary>
    /// Goes through all applications in custody, then deletes the findings of certificates that are gone. A failure of one
    /// application does not affect the others.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store does not list the applications.</exception>
    public async Task<PushCheckRun> RunAsync(CancellationToken cancellation)
    {
        var failures = new ConcurrentQueue<CustodyFailure>();
        var (seen, warned) = (0, 0);
        IReadOnlyList<CustodyRecord> records = [];
        do
        {
            records = await applications.ReadAsync(
                records.Count == 0 ? null : records[^1].Id, PageSize, CustodyRecord.Read, cancellation);
            await Parallel.ForEachAsync(
                records.Where(record => record.State == CustodyState.Held),
                new ParallelOptions { MaxDegreeOfParallelism = ApplicationsAtOnce, CancellationToken = cancellation },
                async (record, stop) =>
                {
                    try
                    {
                        Interlocked.Add(ref warned, await CheckAsync(record.Id, stop));
                        Interlocked.Increment(ref seen);
                    }
                    catch (Exception e) when (CustodyFailure.Is(e))
                    {
                        failures.Enqueue(new CustodyFailure(record.Id, e));
                    }
                });
        }
        while (records.Count == PageSize);
        await ForgetApplicationsAsync(cancellation);
        return new PushCheckRun(seen, warned, [.. failures]);
    }

    private async Task<int> CheckAsync(AppId application, CancellationToken cancellation)
    {
        var listed = await masters.UseAsync(
            application, master => platform.ListPushConfigurationsAsync(master, PushType.Apns, cancellation), cancellation);
        var known = await registered.ReadAsync(application, cancellation);
        var now = time.GetUtcNow();
        var warned = 0;
        foreach (var configuration in listed.OfType<CertificatePushConfiguration>())
        {
            var credential = PushCredential.Of(configuration, known.GetValueOrDefault(configuration.Id));
            if (credential.ExpiresAt is not { } end) continue;
            Measures.PushCredentialDaysLeft.Record(DaysLeft(end, now));
            if (AlertOf(application, configuration, credential.BundleId, end, now) is not { } alert) continue;
            await alerts.RaiseAsync(alert, cancellation);
            warned++;
        }
        var gone = known.Values.ExceptBy(listed.Select(one => one.Id), one => one.Id);
        foreach (var one in gone.Where(one => one.RegisteredAt < now - MemoryOfUnlisted))
            await registered.DeleteAsync(application, one.Id, cancellation);
        return warned;
    }

    private static Alert? AlertOf(
        AppId application, CertificatePushConfiguration configuration, string? bundleId, DateTimeOffset end,
        DateTimeOffset now)
    {
        var isOver = now > end;
        var stage = isOver ? 0 : Array.Find(WarningDays, days => end - now <= TimeSpan.FromDays(days));
        if (!isOver && stage == 0) return null;
        List<KeyValuePair<string, string>> facts =
        [
            new("push_id", configuration.Id), new("push_type", "apns"), new("name", configuration.Name),
            new("environment", configuration.ForProduction ? "production" : "development"),
            new("expires_at", Rfc3339.Text(end)),
            new("days_left", DaysLeft(end, now).ToString(CultureInfo.InvariantCulture)),
        ];
        if (bundleId is not null) facts.Add(new("bundle_id", bundleId));
        return new Alert(
            isOver ? $"push-credential-expired:{application}:{configuration.Id}"
                : $"push-credential-expiring:{application}:{configuration.Id}:{stage}",
            isOver ? AlertTypes.PushCredentialExpired : AlertTypes.PushCredentialExpiring, now, application, facts);
    }

    /// <summary>The whole days until a credential expires; below 0 when it has.</summary>
    public static int DaysLeft(DateTimeOffset end, DateTimeOffset now) => (int)Math.Floor((end - now).TotalDays);

    private async Task ForgetApplicationsAsync(CancellationToken cancellation)
    {
        await foreach (var application in registered.ReadApplicationsAsync(cancellation))
        {
            if (await applications.FindAsync(application, cancellation) is not null) continue;
            foreach (var id in (await registered.ReadAsync(application, cancellation)).Keys)
                await registered.DeleteAsync(application, id, cancellation);
        }
    }
}
