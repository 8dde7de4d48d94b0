using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>Authenticates API tokens, and changes their applications.</summary>
/// <remarks>
/// The store is asked for each request, so a revoked token is refused by the very next one, on every instance. What is made of a row
/// is kept with the row (<see cref="TableRow"/>), which a store answers only while it is current.
/// </remarks>
public sealed class ApplicationAccess(ITableStore store)
{
    private readonly TokenIndex index = new(store);

    /// <summary>Finds the application of a token, with two point reads.</summary>
    /// <exception cref="PlatformException">400401 for a token that is unknown or revoked, 400304 where its application was
    /// deleted.</exception>
    public async ValueTask<ApplicationCaller> AuthenticateAsync(ApiToken token, CancellationToken cancellation)
    {
        if (TokenIndex.Place.Of(await index.FindAsync(token, cancellation)) is not { } place) throw Refused();
        var row = await store.GetAsync(ApplicationRecord.Table, place.Partition, place.RowKey, cancellation);
        if (row is null) throw PlatformException.ApplicationNotFound();
        var application = row.As(ReadApplication.Of)!;
        var position = application.Record.Tokens.Find(token);
        return position < 0 ? throw Refused() : new ApplicationCaller(application, token, position);
    }

    /// <summary>
    /// Changes a caller's application in one commit. If the application was changed meanwhile, the token is authenticated
    /// again and the change is decided again, on the new record.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="decide">Decides the changes, all in the application's partition. It throws to refuse, and may return
    /// none.</param>
    /// <param name="cancellation">Cancels.</param>
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
