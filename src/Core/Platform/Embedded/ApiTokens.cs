using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// The API tokens of an application. The master token manages the secondary ones; a secondary token can view and revoke only
/// itself (wire contract, "View an API token" to "List API tokens").
/// </summary>
public sealed class ApiTokens(ITableStore store, ApplicationAccess access, PlatformKeys keys, TimeProvider time)
{
    private const string Resource = "API token";

    private readonly TokenIndex index = new(store);

    /// <summary>Issues a secondary token.</summary>
    /// <exception cref="PlatformException">400108 for a secondary token; 400203 where there are ten already.</exception>
    public async Task<IssuedToken> IssueAsync(ApplicationCaller caller, CancellationToken cancellation)
    {
        RequireMaster(caller);
        RequireFreeSlot(caller);
        var issued = new IssuedToken(ApiToken.Generate(), time.GetUtcNow());
        await index.AddAsync(issued.Token, caller.Application, cancellation);
        try
        {
            await access.ChangeAsync(
                caller,
                current =>
                {
                    RequireFreeSlot(current);
                    var tokens = current.Record.Tokens.Add(issued.Token, issued.CreatedAt, keys.Data, current.Application);
                    return Changes((current.Record with { Tokens = tokens }).Replace());
                },
                cancellation);
        }
        catch (PlatformException)
        {
            await index.RemoveAsync(issued.Token, cancellation);
            throw;
        }
        return issued;
    }

    /// <summary>All secondary tokens, newest first.</summary>
    /// <exception cref="PlatformException">400108 for a secondary token.</exception>
    public IReadOnlyList<IssuedToken> List(ApplicationCaller caller)
    {
        RequireMaster(caller);
        var tokens = caller.Record.Tokens;
        var list = new List<IssuedToken>(tokens.SecondaryCount);
        for (var position = tokens.SecondaryCount; position > 0; position--) list.Add(At(caller, position));
        return list;
    }

    /// <summary>One token of the application.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="text">The token as the caller wrote it.</param>
    /// <exception cref="PlatformException">400108 for a secondary token that asks for another one; 400201 where the token
    /// does not exist.</exception>
    public IssuedToken View(ApplicationCaller caller, string text) => At(caller, Find(caller, text));

    /// <summary>Revokes a secondary token: the next request that presents it is refused.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="text">The token as the caller wrote it.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="PlatformException">400108 for a secondary token that revokes another one, and for revoking the
    /// master token; 400201 where the token does not exist.</exception>
    public async Task RevokeAsync(ApplicationCaller caller, string text, CancellationToken cancellation)
    {
        await access.ChangeAsync(
            caller,
            current =>
            {
                var position = Find(current, text);
                if (position == 0) throw PlatformException.NotAuthorized("The master API token can't be revoked.");
                return Changes((current.Record with { Tokens = current.Record.Tokens.RemoveAt(position) }).Replace());
            },
            cancellation);
        if (ApiToken.TryParse(text) is { } revoked) await index.RemoveAsync(revoked, cancellation);
    }

    private static int Find(ApplicationCaller caller, string text)
    {
        var token = ApiToken.TryParse(text);
        if (!caller.IsMaster && !(token is not null && caller.Record.Tokens.Find(token) == caller.Position))
            throw PlatformException.NotAuthorized("Only the master API token can be used for another API token.");
        var position = token is null ? -1 : caller.Record.Tokens.Find(token);
        return position < 0 ? throw PlatformException.NotFound(Resource) : position;
    }

    private IssuedToken At(ApplicationCaller caller, int position)
    {
        var tokens = caller.Record.Tokens;
        return new IssuedToken(tokens.Open(position, keys.Data, caller.Application), tokens.CreatedAt(position));
    }

    private static void RequireMaster(ApplicationCaller caller)
    {
        if (!caller.IsMaster) throw PlatformException.NotAuthorized("Only the master API token can manage API tokens.");
    }

    private static void RequireFreeSlot(ApplicationCaller caller)
    {
        if (caller.Record.Tokens.SecondaryCount >= ApiToken.MostSecondary)
            throw PlatformException.TooMany($"An application can have at most {ApiToken.MostSecondary} API tokens beside its master API token.");
    }

    private static ValueTask<IReadOnlyList<RowChange>> Changes(RowChange change) => new([change]);
}
