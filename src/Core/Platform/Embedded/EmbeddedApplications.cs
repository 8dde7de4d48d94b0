using Gatehouse.Common;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Platform.Embedded;

/// <summary>The applications of the organization (wire contract, "Create an application" to "Delete the application").</summary>
public sealed class EmbeddedApplications(ITableStore store, ApplicationAccess access, PlatformKeys keys, TimeProvider time)
    : IApplicationDirectory
{
    /// <summary>The most applications on a page.</summary>
    public const int MostPerPage = 100;

    private const int DeletionsAtOnce = 16;

    private readonly TokenIndex index = new(store);

    /// <summary>Creates an application with its master token.</summary>
    /// <exception cref="PlatformException">400111 for an empty name, 400110 for one over 128 bytes.</exception>
    public async Task<Application> CreateAsync(string name, CancellationToken cancellation)
    {
        Application.CheckName(name);
        var id = AppId.Generate();
        var master = ApiToken.Generate();
        var now = time.GetUtcNow();
        var record = new ApplicationRecord(id, name, now, SealedTokenList.OfMaster(master, now, keys.Data, id), PushConfigurations: 0);
        await index.AddAsync(master, id, cancellation);
        (await store.CommitAsync(ApplicationRecord.Table, record.Partition, [record.Insert()], cancellation)).OrThrow();
        return new Application(id, name, now, master);
    }

    /// <summary>
    /// A page of applications in the order of their ids. An application that exists during the whole listing is listed
    /// exactly once, even if others are created or deleted meanwhile.
    /// </summary>
    /// <param name="limit">1 to 100.</param>
    /// <param name="pageToken">The next value of the page before; null or empty for the first page.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="PlatformException">400113 for a limit out of range, 400111 for an invalid page token.</exception>
    public async Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation)
    {
        if (limit is < 1 or > MostPerPage) throw PlatformException.OutOfRange($"limit must be from 1 to {MostPerPage}.");
        AppId? after = null;
        if (!string.IsNullOrEmpty(pageToken))
        {
            after = PageToken.Read(pageToken, keys.Pages) is { } position
                ? AppId.From(position)
                : throw PlatformException.Invalid("token is not valid.");
        }
        var records = await ReadAsync(after, limit + 1, cancellation);
        var page = new List<Application>(limit);
        var unreadable = new List<UnreadableApplication>();
        foreach (var record in records.Take(limit))
        {
            try
            {
                page.Add(Represent(record, record.Tokens.Open(0, keys.Data, record.Id)));
            }
            catch (VaultException e)
            {
                Measures.RowsUnreadable.Add(1);
                unreadable.Add(new UnreadableApplication(record.Id, record.Name, $"its API token cannot be decrypted: {e.Message}"));
            }
        }
        return new ApplicationPage(page, records.Count > limit ? PageToken.Write(records[limit - 1].Id.ToGuid(), keys.Pages) : "")
        {
            Unreadable = unreadable,
        };
    }

    /// <summary>Deletes every application. Those that are created meanwhile may stay.</summary>
    public async Task DeleteAllAsync(CancellationToken cancellation)
    {
        AppId? after = null;
        while (await ReadAsync(after, MostPerPage, cancellation) is { Count: > 0 } records)
        {
            await Parallel.ForEachAsync(
                records,
                new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtOnce, CancellationToken = cancellation },
                DeleteAsync);
            after = records[^1].Id;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ExistsAsync(AppId id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) is not null;

    /// <inheritdoc/>
    public async ValueTask<ApiToken?> FindMasterTokenAsync(AppId id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) is { } row ? ApplicationRecord.Read(row).Tokens.Open(0, keys.Data, id) : null;

    /// <summary>
    /// The caller's application with the token of the request: a secondary token does not see the master token.
    /// </summary>
    public static Application View(ApplicationCaller caller) => Represent(caller.Record, caller.Token);

    /// <summary>Deletes the caller's application with all its tokens and push configurations, in one commit.</summary>
    public async Task DeleteAsync(ApplicationCaller caller, CancellationToken cancellation) =>
        await access.ChangeAsync(caller, current => DeletionAsync(current.Record, cancellation), cancellation);

    private ValueTask<TableRow?> FindAsync(AppId id, CancellationToken cancellation) =>
        store.GetAsync(ApplicationRecord.Table, HexPartitions.Of(id), ApplicationRecord.RowKey(id), cancellation);

    private static Application Represent(ApplicationRecord record, ApiToken token) =>
        new(record.Id, record.Name, record.CreatedAt, token);

    private async ValueTask DeleteAsync(ApplicationRecord record, CancellationToken cancellation)
    {
        var current = record;
        while (true)
        {
            var deletion = await DeletionAsync(current, cancellation);
            if ((await store.CommitAsync(ApplicationRecord.Table, current.Partition, deletion, cancellation)).Succeeded) return;
            var row = await store.GetAsync(
                ApplicationRecord.Table, current.Partition, ApplicationRecord.RowKey(current.Id), cancellation);
            if (row is null) return;
            current = ApplicationRecord.Read(row);
        }
    }

    // The application's row counts its push configurations, so its ETag also covers the list that was read here.
    private async ValueTask<IReadOnlyList<RowChange>> DeletionAsync(ApplicationRecord record, CancellationToken cancellation)
    {
        var pushConfigurations = record.PushConfigurations == 0 ? [] : await store.ReadAsync(
            ApplicationRecord.Table, record.Partition, PushConfigurationRow.Range(record.Id), PushConfigurations.Most, cancellation);
        return [record.Delete(), .. pushConfigurations.Select(row => RowChange.Delete(row.Key))];
    }

    private Task<List<ApplicationRecord>> ReadAsync(AppId? after, int most, CancellationToken cancellation) =>
        ApplicationRows.ReadAsync(
            store, ApplicationRecord.Table, ApplicationRecord.RowPrefix, after, most, ApplicationRecord.Read, cancellation);
}
