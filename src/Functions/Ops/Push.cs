using System.Text.Json.Serialization.Metadata;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>
/// An application's push credentials. An uploaded credential is inspected before it is sent to the platform. With
/// <c>dry_run=true</c> it is only inspected. No answer contains a key, a file or a password.
/// </summary>
public sealed class Push(OpsGate gate, ManagedPushCredentials credentials, PushReplacementLog replacements, TimeProvider time)
{
    private const string ServiceAccountKey = "service_account_key";

    /// <summary>Registers an APNs certificate. <c>replace=true</c> removes the older ones.</summary>
    [Function(nameof(OpsAddCertificate)), QueryParameters("replace")]
    public Task<IResult> OpsAddCertificate(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/push/apns")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.PushWrite, appId, async (change, application, cancellation) =>
        {
            var replaces = RequestQuery.Boolean(request, "replace");
            var upload = await PushForms.ReadCertificateAsync(request, cancellation);
            return new PreparedChange(
                async () => Answer(await credentials.AddCertificateAsync(application, upload, replaces, cancellation)),
                async () => Answer(await credentials.PreviewCertificateAsync(application, upload, replaces, cancellation)));

            IResult Answer(CertificateAddition addition)
            {
                replacements.Report(addition);
                var document = CertificateDocument.Of(addition, time.GetUtcNow());
                return Push.Answer(change, addition.Id, document, PushContext.Default.CertificateDocument);
            }
        });

    /// <summary>Registers an FCM service account (multipart), or a sender with its legacy server key (JSON).</summary>
    [Function(nameof(OpsAddFcmCredential))]
    public Task<IResult> OpsAddFcmCredential(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/push/fcm")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.PushWrite, appId, (change, application, cancellation) =>
            MultipartForm.IsSent(request)
                ? AddServiceAccountAsync(request, change, application, cancellation)
                : AddSenderAsync(request, change, application, cancellation));

    /// <summary>Lists the push credentials of all types.</summary>
    [Function(nameof(OpsListPushCredentials))]
    public Task<IResult> OpsListPushCredentials(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}/push")] HttpRequest request,
        string appId) =>
        gate.ReadAsync(request, Role.ApplicationsRead, appId, async (_, application, cancellation) =>
            OpsReply.Ok(
                ListedPushDocument.Of(await credentials.ListAsync(application, cancellation), time.GetUtcNow()),
                PushContext.Default.ListedPushDocument));

    /// <summary>Removes a push credential.</summary>
    [Function(nameof(OpsDeletePushCredential))]
    public Task<IResult> OpsDeletePushCredential(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "ops/v1/applications/{appId}/push/{pushType}/{pushId}")] HttpRequest request,
        string appId, string pushType, string pushId) =>
        gate.ChangeAsync(request, Role.PushWrite, appId, () => AuditSubject.PushConfiguration(pushId), async (_, application, cancellation) =>
        {
            await RequestBody.ReadOptionalFieldsAsync(request, [], cancellation);
            var type = PushTypeNames.Parse(pushType);
            return new PreparedChange(
                async () =>
                {
                    await credentials.DeleteAsync(application, type, pushId, cancellation);
                    return OpsReply.NoContent();
                },
                () => DryRunDocument.OfAsync(credentials.PreviewDeletionAsync(application, type, pushId, cancellation)));
        });

    private async Task<PreparedChange> AddServiceAccountAsync(
        HttpRequest request, OpsChange change, AppId application, CancellationToken cancellation)
    {
        var form = await MultipartForm.ReadAsync(request, cancellation);
        form?.RequireKnown(ServiceAccountKey);
        var file = form?.File(ServiceAccountKey) ?? throw RequestException.MissingFile(ServiceAccountKey);
        return new PreparedChange(() => AnswerAsync(onlyInspects: false), () => AnswerAsync(onlyInspects: true));

        async Task<IResult> AnswerAsync(bool onlyInspects)
        {
            var addition = await credentials.AddServiceAccountAsync(application, file, onlyInspects, cancellation);
            return Answer(change, addition.Id, ServiceAccountDocument.Of(addition), PushContext.Default.ServiceAccountDocument);
        }
    }

    private async Task<PreparedChange> AddSenderAsync(
        HttpRequest request, OpsChange change, AppId application, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadJsonAsync(request, cancellation);
        if (body.Has("private_key") || body.Has(ServiceAccountKey))
            throw RequestException.Invalid($"A service account's key file must be sent as the file {ServiceAccountKey} of a form (multipart/form-data).");
        body.RequireKnown(["sender_id", "server_key"]);
        var (sender, key) = (body.RequiredString("sender_id"), body.RequiredString("server_key"));
        return new PreparedChange(() => AnswerAsync(onlyInspects: false), () => AnswerAsync(onlyInspects: true));

        async Task<IResult> AnswerAsync(bool onlyInspects)
        {
            var id = await credentials.AddSenderAsync(application, sender, key, onlyInspects, cancellation);
            return Answer(change, id, SenderDocument.Of(id, sender), PushContext.Default.SenderDocument);
        }
    }

    // 201 for a registered credential, 200 for one that was only inspected.
    private static IResult Answer<T>(OpsChange change, string? id, T document, JsonTypeInfo<T> type)
    {
        if (id is null) return OpsReply.Ok(document, type);
        if (AuditSubject.TryPushConfiguration(id) is { } subject) change.SetSubject(subject);
        return OpsReply.Created(null, document, type);
    }
}
