using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>Decides whether an API token is good, and changes the application that it belongs to.</summary>
/// <remarks>Nothing is cached: a token that was revoked is refused by the very next request, at every instance.</remarks>
public sealed class ApplicationAccess(ITableStore store)
{
    private readonly TokenIndex index = new(store);

    /// <summary>Finds the application of a token, with two point reads.</summary>
    /// <exception cref="PlatformException">400401 for a token that is unknown or revoked, 400304 for one whose application
    /// was deleted.</exception>
    public async ValueTask<ApplicationCaller> AuthenticateAsync(ApiToken token, CancellationToken cancellation)
    {
        if (await index.FindAsync(token, cancellation) is not { } id) throw Refused();
        var row = await store.GetAsync(
            ApplicationRecord.Table, HexPartitions.Of(id), ApplicationRecord.RowKey(id), cancellation);
        if (row is null) throw PlatformException.ApplicationNotFound();
        var record = ApplicationRecord.Read(row);
        var position = record.Tokens.Find(token);
        return position < 0 ? throw Refused() : new ApplicationCaller(record, token, position);
    }

    /// <summary>
    /// Changes a caller's application in one commit. Where somebody else has changed it meanwhile, the token is
    /// authenticated and the change is decided anew, on what is there now.
    /// </summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="decide">The changes, all in the application's partition; it throws to refuse, and may return none.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async ValueTask ChangeAsync(
        ApplicationCaller caller, Func<ApplicationCaller, ValueTask<IReadOnlyList<RowChange>>> decide, CancellationToken cancellation)
    {
        while (true)
        {
            var changes = await decide(caller);
            if (changes.Count == 0) return;
            var result = await store.CommitAsync(ApplicationRecord.Table, caller.Record.Partition, changes, cancellation);
            if (result.Succeeded) return;
            caller = await AuthenticateAsync(caller.Token, cancellation);
        }
    }

    private static PlatformException Refused() => PlatformException.InvalidCredential("Api-Token is not valid.");
}
