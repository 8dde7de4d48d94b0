using System.Globalization;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Embedded = Gatehouse.Platform.Embedded;

namespace Gatehouse.Functions.Platform;

/// <summary>The application itself: create, list, view, delete (contract, "Create an application" to "Delete the application").</summary>
public sealed class Applications(PlatformGate gate, Embedded.EmbeddedApplications applications)
{
    private const int DefaultLimit = 10;

    /// <summary>Creates an application, for the organization.</summary>
    [Function(nameof(CreateApplication))]
    public Task<IResult> CreateApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/applications")] HttpRequest request) =>
        gate.OrganizationAsync(request, async cancellation =>
        {
            var body = await RequestBody.ReadJsonAsync(request, cancellation);
            var application = await applications.CreateAsync(body.RequiredString("name"), cancellation);
            return PlatformReply.Ok(ApplicationDocument.Of(application), WireContext.Default.ApplicationDocument);
        });

    /// <summary>A page of all applications, for the organization.</summary>
    [Function(nameof(ListApplications))]
    public Task<IResult> ListApplications(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications")] HttpRequest request) =>
        gate.OrganizationAsync(request, async cancellation =>
        {
            var page = await applications.ListAsync(Limit(request), request.Query["token"], cancellation);
            return PlatformReply.Ok(ApplicationListDocument.Of(page), WireContext.Default.ApplicationListDocument);
        });

    /// <summary>Deletes all applications for the organization, or the token's own application for an API token.</summary>
    [Function(nameof(DeleteApplications))]
    public Task<IResult> DeleteApplications(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/applications")] HttpRequest request) =>
        gate.ChangeEitherAsync(
            request,
            async cancellation =>
            {
                await applications.DeleteAllAsync(cancellation);
                return PlatformReply.EmptyObject();
            },
            async (_, caller, cancellation) =>
            {
                await applications.DeleteAsync(caller, cancellation);
                return PlatformReply.EmptyObject();
            });

    /// <summary>The application of the token.</summary>
    [Function(nameof(ViewApplication))]
    public Task<IResult> ViewApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/info")] HttpRequest request) =>
        gate.ApplicationAsync(request, (caller, _) => Task.FromResult<IResult>(new ApplicationReply(caller)));

    private static int Limit(HttpRequest request) => request.Query["limit"] switch
    {
        [] => DefaultLimit,
        [var text] when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) => limit,
        [var text] when IsWholeNumber(text) => throw PlatformException.OutOfRange("limit is out of range."),
        _ => throw PlatformException.NumberExpected("limit"),
    };

    // A number that does not fit into 32 bits is out of range, but still a number.
    private static bool IsWholeNumber(string? text) => text?.TrimStart('-') is { Length: > 0 } digits && digits.All(char.IsAsciiDigit);
}
