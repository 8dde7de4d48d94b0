using Gatehouse.Access;
using Gatehouse.Access.Callers;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>The applications in custody. Their master tokens are in the vault. No answer contains one.</summary>
public sealed class Applications(
    OpsGate gate, ManagedApplications applications, ApplicationViews views, ApplicationSync sync, AccessKeys keys)
{
    /// <summary>Creates an application. Its master token is stored in the vault before the answer.</summary>
    [Function(nameof(OpsCreateApplication))]
    public Task<IResult> OpsCreateApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications")] HttpRequest request) =>
        gate.ChangeGlobalAsync(request, Role.ApplicationsCreate, async (change, cancellation) =>
        {
            var name = (await RequestBody.ReadFieldsAsync(request, ["name"], cancellation)).RequiredString("name");
            return new PreparedChange(
                () => change.CommitAsync<ManagedApplication>(end => applications.CreateAsync(name, change.CreationCall, end, cancellation), created =>
                {
                    change.SetApplication(created.Id);
                    return Created(KnownApplicationDocument.Of(created));
                }),
                () => Task.FromResult(DryRunDocument.Of(ManagedApplications.PreviewCreation(name))),
                WritesEntry: true);
        });

    /// <summary>A page of the caller's applications, in the order of their ids.</summary>
    [Function(nameof(OpsListApplications)), QueryParameters("limit", "token")]
    public Task<IResult> OpsListApplications(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications")] HttpRequest request) =>
        gate.ReadOwnAsync(request, Role.ApplicationsRead, async (caller, cancellation) =>
        {
            var page = await ListAsync(caller, After(request), RequestQuery.Limit(request), cancellation);
            return OpsReply.Ok(
                new KnownApplicationsDocument(
                    [.. page.Applications.Select(KnownApplicationDocument.Of)],
                    page.Next is { } last ? PageToken.Write(last.ToGuid(), keys.ListPages) : ""),
                CustodyContext.Default.KnownApplicationsDocument);
        });

    /// <summary>An application with its statistics, token slots and push credentials.</summary>
    [Function(nameof(OpsViewApplication))]
    public Task<IResult> OpsViewApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}")] HttpRequest request,
        string appId) =>
        gate.ReadAsync(request, Role.ApplicationsRead, appId, async (_, application, cancellation) =>
            OpsReply.Ok(
                ApplicationViewDocument.Of(await views.ViewAsync(application, cancellation)),
                CustodyContext.Default.ApplicationViewDocument));

    /// <summary>Takes an application into custody. Its master token must be in the vault already.</summary>
    [Function(nameof(OpsRegisterApplication))]
    public Task<IResult> OpsRegisterApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "ops/v1/applications/{appId}")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.ApplicationsCreate, appId, async (_, application, cancellation) =>
        {
            await RequestBody.ReadOptionalFieldsAsync(request, [], cancellation);
            return new PreparedChange(
                async () =>
                {
                    var (registered, isNew) = await applications.RegisterAsync(application, cancellation);
                    var document = KnownApplicationDocument.Of(registered);
                    return isNew
                        ? Created(document)
                        : OpsReply.Ok(document, CustodyContext.Default.KnownApplicationDocument);
                },
                () => DryRunDocument.OfAsync(applications.PreviewRegistrationAsync(application, cancellation)));
        });

    /// <summary>Deletes an application. <c>confirm</c> must be its name.</summary>
    [Function(nameof(OpsDeleteApplication)), QueryParameters("confirm")]
    public Task<IResult> OpsDeleteApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "ops/v1/applications/{appId}")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.ApplicationsDelete, appId, async (_, application, cancellation) =>
        {
            await RequestBody.ReadOptionalFieldsAsync(request, [], cancellation);
            var name = RequestQuery.Text(request, "confirm")
                ?? throw RequestException.Invalid("confirm is required: the application's name, as the query parameter ?confirm=NAME.");
            return new PreparedChange(
                async () =>
                {
                    await applications.DeleteAsync(application, name, cancellation);
                    return OpsReply.NoContent();
                },
                () => DryRunDocument.OfAsync(applications.PreviewDeletionAsync(application, name, cancellation)));
        });

    /// <summary>Takes every application into custody whose master token is not in the vault. Asks the vault for each application.</summary>
    [Function(nameof(OpsAdoptApplications))]
    public Task<IResult> OpsAdoptApplications(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/adopt")] HttpRequest request) =>
        gate.ChangeGlobalAsync(request, Role.ApplicationsCreate, async (_, cancellation) =>
        {
            await RequestBody.ReadOptionalFieldsAsync(request, [], cancellation);
            return new PreparedChange(
                async () => Adopted(await sync.RunAsync(askVault: true, cancellation), isDryRun: false),
                async () => Adopted(await sync.PreviewAsync(cancellation), isDryRun: true));
        });

    private static IResult Adopted(ApplicationSyncRun run, bool isDryRun) =>
        OpsReply.Ok(AdoptionDocument.Of(run, isDryRun), CustodyContext.Default.AdoptionDocument);

    private static IResult Created(KnownApplicationDocument document) => OpsReply.Created(
        $"/ops/v1/applications/{document.AppId}", document, CustodyContext.Default.KnownApplicationDocument);

    // A confined caller has few applications, so they are read one by one instead of listing all.
    private async Task<ManagedApplicationPage> ListAsync(
        Caller caller, AppId? after, int limit, CancellationToken cancellation)
    {
        if (caller.Applications is null) return await applications.ListAsync(after, limit, cancellation);
        var found = new List<ManagedApplication>();
        foreach (var id in caller.Applications.OrderBy(id => id.ToString(), StringComparer.Ordinal))
        {
            if (after is { } last && string.CompareOrdinal(id.ToString(), last.ToString()) <= 0) continue;
            if (await applications.FindAsync(id, cancellation) is not { } application) continue;
            if (found.Count == limit) return new ManagedApplicationPage(found, found[^1].Id);
            found.Add(application);
        }
        return new ManagedApplicationPage(found, null);
    }

    private AppId? After(HttpRequest request) =>
        RequestQuery.Position(request, keys.ListPages) is { } position ? AppId.From(position) : null;
}
