using Gatehouse.Access.Audit;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Embedded = Gatehouse.Platform.Embedded;

namespace Gatehouse.Functions.Platform;

/// <summary>
/// An application's push configurations: add, list, delete (contract, "Add a GCM push configuration" to "Delete the push
/// configuration").
/// </summary>
public sealed class PushConfigurations(PlatformGate gate, Embedded.PushConfigurations pushConfigurations)
{
    /// <summary>Adds a sender, a service account, or one or two certificates.</summary>
    [Function(nameof(AddPushConfiguration))]
    public Task<IResult> AddPushConfiguration(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/applications/push/{pushType}")] HttpRequest request,
        string pushType) =>
        gate.ChangeAsync(request, async (change, caller, cancellation) =>
        {
            var registration = await PushUpload.ReadAsync(request, Type(pushType), cancellation);
            var added = await pushConfigurations.AddAsync(caller, registration, cancellation);
            if (AuditSubject.TryPushConfiguration(added[0].Id) is { } subject) change.SetSubject(subject);
            return registration switch
            {
                SenderRegistration => Ids(added.Select(one => one.Id)),
                CertificateRegistration => List(added.Select(one => new PushDocument(one.Id))),
                _ => List(added.Select(PushDocument.Of)),
            };
        });

    /// <summary>The push configurations of one type, newest first.</summary>
    [Function(nameof(ListPushConfigurations))]
    public Task<IResult> ListPushConfigurations(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/push/{pushType}")] HttpRequest request,
        string pushType) =>
        gate.ApplicationAsync(
            request,
            async (caller, cancellation) => List((await pushConfigurations.ListAsync(caller, Type(pushType), cancellation)).Select(PushDocument.Of)));

    /// <summary>Deletes one push configuration.</summary>
    [Function(nameof(DeletePushConfiguration))]
    public Task<IResult> DeletePushConfiguration(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/applications/push/{pushType}/{id}")]
        HttpRequest request, string pushType, string id) =>
        gate.ChangeAsync(request, async (change, caller, cancellation) =>
        {
            if (AuditSubject.TryPushConfiguration(id) is { } subject) change.SetSubject(subject);
            await pushConfigurations.DeleteAsync(caller, Type(pushType), id, cancellation);
            return Ids([id]);
        });

    /// <summary>Refuses to delete without an id.</summary>
    [Function(nameof(DeletePushConfigurationWithoutId))]
    public Task<IResult> DeletePushConfigurationWithoutId(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/applications/push/{pushType}")] HttpRequest request) =>
        gate.ApplicationAsync(request, (_, _) => throw PlatformException.Required("push_configuration_id"));

    private static PushType Type(string name) => name switch
    {
        "gcm" => PushType.Gcm,
        "fcm" => PushType.Fcm,
        "apns" => PushType.Apns,
        _ => throw PlatformException.Invalid("push_type must be gcm, fcm or apns."),
    };

    private static IResult Ids(IEnumerable<string> ids) =>
        PlatformReply.Ok(new PushIdListDocument([.. ids]), WireContext.Default.PushIdListDocument);

    private static IResult List(IEnumerable<PushDocument> documents) =>
        PlatformReply.Ok(new PushListDocument([.. documents]), WireContext.Default.PushListDocument);
}
