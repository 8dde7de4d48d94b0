using System.Runtime.CompilerServices;
using Gatehouse.Access;
using Gatehouse.Access.Audit;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Observability;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Gatehouse.Push;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Checks the credentials before an operation of the platform. Every function under <c>/v3</c> is one call of a method of this
/// class. Exceptions become the platform's error bodies, which show no internals. If the platform is hosted elsewhere, every
/// request is answered 404.
/// </summary>
public sealed partial class PlatformGate(
    OrganizationAccess organization, ApplicationAccess access, CredentialLimit limit, AuditTrail trail, AuditedChanges audited,
    ManagedApplications custody, ILogger<PlatformGate> log, EmbeddedPlatform? platform = null)
{
    /// <summary>Requires the organization's credentials (HTTP Basic).</summary>
    public Task<IResult> OrganizationAsync(
        HttpRequest request, Func<CancellationToken, Task<IResult>> run, [CallerMemberName] string operation = "") =>
        AnswerAsync(request, operation, new Operation(ForOrganization: run));

    /// <summary>Requires an API token, master or secondary.</summary>
    public Task<IResult> ApplicationAsync(
        HttpRequest request, Func<ApplicationCaller, CancellationToken, Task<IResult>> run, [CallerMemberName] string operation = "") =>
        AnswerAsync(request, operation, new Operation(ForApplication: run));

    /// <summary>
    /// Requires an API token. Used for changes. If the application is in custody, the change has an audit entry: the facade's
    /// callers must be able to see what was changed beside it.
    /// </summary>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Func<OpsChange, ApplicationCaller, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        ApplicationAsync(request, (caller, cancellation) => RecordAsync(request, caller, change, operation, cancellation), operation);

    /// <summary>Requires either, and has a change for each: of all applications, or of one as <see cref="ChangeAsync"/>.</summary>
    public Task<IResult> ChangeEitherAsync(
        HttpRequest request, Func<CancellationToken, Task<IResult>> ofAll,
        Func<OpsChange, ApplicationCaller, CancellationToken, Task<IResult>> ofOne, [CallerMemberName] string operation = "") =>
        AnswerAsync(request, operation, new Operation(
            ForOrganization: running =>
            {
                var call = AuditCall.OfOrganization(operation, request.HttpContext.TraceIdentifier);
                return audited.RunAsync(new OpsChange(trail, call, null, null), () => ofAll(running), running);
            },
            ForApplication: (caller, running) => RecordAsync(request, caller, ofOne, operation, running)));

    /// <summary>Requires no credential. Used to refuse unknown URLs.</summary>
    public Task<IResult> OpenAsync(
        HttpRequest request, Func<CancellationToken, Task<IResult>> run, [CallerMemberName] string operation = "") =>
        AnswerAsync(request, operation, new Operation(Open: run));

    private async Task<IResult> RecordAsync(
        HttpRequest request, ApplicationCaller caller, Func<OpsChange, ApplicationCaller, CancellationToken, Task<IResult>> change,
        string operation, CancellationToken cancellation)
    {
        var call = AuditCall.OfToken(caller.Token, caller.IsMaster, operation, request.HttpContext.TraceIdentifier);
        var entry = new OpsChange(trail, call, caller.Application, null);
        return await custody.ExistsAsync(caller.Application, cancellation)
            ? await audited.RunAsync(entry, () => change(entry, caller, cancellation), cancellation)
            : await change(entry, caller, cancellation);
    }

    private async ValueTask<IResult> AuthenticateAsync(HttpRequest request, Operation operation, CancellationToken cancellation)
    {
        var (_, forOrganization, forApplication) = operation;
        var credentials = RequestCredentials.Read(request);
        if (credentials.Sent is not { } sent)
        {
            throw PlatformException.InvalidCredential(
                forApplication is null ? "HTTP Basic credentials must be sent." : "Api-Token must be sent.");
        }
        if (limit.WaitOf(request.HttpContext, sent) is { } wait) throw PlatformException.TooManyRequests(wait);
        ApplicationCaller? caller;
        try
        {
            caller = await IdentifyAsync(credentials, cancellation);
        }
        catch (PlatformException e) when (e.Code == PlatformException.InvalidCredentialCode)
        {
            limit.Refuse(request.HttpContext, sent);
            throw;
        }
        limit.Accept(sent);
        return caller is null
            ? await (forOrganization ?? throw PlatformException.NotAuthorized("This needs an Api-Token."))(cancellation)
            : await (forApplication ?? throw PlatformException.NotAuthorized("This needs the organization's HTTP Basic credentials."))(caller, cancellation);
    }

    // Null for the organization.
    private ValueTask<ApplicationCaller?> IdentifyAsync(RequestCredentials credentials, CancellationToken cancellation)
    {
        if (credentials.Token is { } text)
        {
            var token = ApiToken.TryParse(text) ?? throw PlatformException.InvalidCredential("Api-Token is not valid.");
            return access.AuthenticateAsync(token, cancellation)!;
        }
        return organization.Accepts(credentials.User!, credentials.Password!)
            ? default
            : throw PlatformException.InvalidCredential("The HTTP Basic credentials are not valid.");
    }

    private Task<IResult> AnswerAsync(HttpRequest request, string function, Operation operation) => FunctionSpans.ObserveAsync(
        request, function, (Gate: this, Operation: operation), static (request, call) => call.Gate.AnswerAsync(request, call.Operation));

    private async Task<IResult> AnswerAsync(HttpRequest request, Operation operation)
    {
        if (platform is null) return PlatformReply.NotServed();
        try
        {
            var cancellation = request.HttpContext.RequestAborted;
            return operation.Open is { } open ? await open(cancellation) : await AuthenticateAsync(request, operation, cancellation);
        }
        catch (PlatformException e)
        {
            return Refuse(e);
        }
        catch (RequestException e)
        {
            return Refuse(AsContract(e));
        }
        // The second: the caller has reset the connection before the body's end.
        catch (Exception e) when (e is BadHttpRequestException or ConnectionResetException)
        {
            return PlatformReply.Error(e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
                ? PlatformException.BodyTooLarge(RequestBody.MultipartLimit)
                : PlatformException.MalformedBody("The request is not valid HTTP."));
        }
        catch (OperationCanceledException) when (request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return PlatformReply.Error(PlatformException.Unavailable());
        }
        catch (InspectionsBusyException)
        {
            return PlatformReply.Error(PlatformException.Busy());
        }
        catch (StoreUnavailableException e)
        {
            LogStoreUnavailable(e);
            return PlatformReply.Error(PlatformException.Unavailable());
        }
        catch (Exception e)
        {
            LogFault(e);
            return PlatformReply.Error(PlatformException.Internal());
        }
    }

    private IResult Refuse(PlatformException e)
    {
        LogRefused(e.Code, e.Message);
        return PlatformReply.Error(e);
    }

    // The contract's code for each fault, and its words where they differ from ours (contract, "Error codes").
    private static PlatformException AsContract(RequestException e) => e.Fault switch
    {
        RequestFault.Missing => PlatformException.Required(e.Field!),
        RequestFault.NotString => new(StatusCodes.Status400BadRequest, 400100, e.Message),
        RequestFault.NotNumber => new(StatusCodes.Status400BadRequest, 400101, e.Message),
        RequestFault.NotBoolean => new(StatusCodes.Status400BadRequest, 400104, e.Message),
        RequestFault.TooLong => new(StatusCodes.Status400BadRequest, 400110, e.Message),
        RequestFault.BodyTooLarge => new(StatusCodes.Status413PayloadTooLarge, 400110, e.Message),
        RequestFault.Encoded => new(StatusCodes.Status415UnsupportedMediaType, 400403, e.Message),
        RequestFault.Invalid => PlatformException.Invalid(e.Message),
        RequestFault.OutOfRange => PlatformException.OutOfRange(e.Message),
        RequestFault.MalformedBody => PlatformException.MalformedBody(e.Message),
        RequestFault.NoMemory => PlatformException.Busy(),
        _ => throw new ArgumentOutOfRangeException(nameof(e)),
    };

    // What runs without a credential, or for each kind of credential; null for a kind that is refused.
    private readonly record struct Operation(
        Func<CancellationToken, Task<IResult>>? Open = null, Func<CancellationToken, Task<IResult>>? ForOrganization = null,
        Func<ApplicationCaller, CancellationToken, Task<IResult>>? ForApplication = null);

    [LoggerMessage(100, LogLevel.Error, "The store does not answer.")]
    private partial void LogStoreUnavailable(Exception e);

    [LoggerMessage(102, LogLevel.Debug, "Refused with {Code}: {Message}")]
    private partial void LogRefused(int code, string message);

    [LoggerMessage(101, LogLevel.Error, "An operation of the platform failed.")]
    private partial void LogFault(Exception e);
}
