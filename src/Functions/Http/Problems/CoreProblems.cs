using Gatehouse.Custody;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;
using Gatehouse.Push;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>Maps the exceptions of src/Core to problems.</summary>
internal static class CoreProblems
{
    private const int NotFound = StatusCodes.Status404NotFound,
        Conflict = StatusCodes.Status409Conflict, BadGateway = StatusCodes.Status502BadGateway,
        Unavailable = StatusCodes.Status503ServiceUnavailable;

    private const int FirstValueCode = 400100, LastValueCode = 400199;

    private static readonly TimeSpan PlatformRetryTime = TimeSpan.FromSeconds(5);

    /// <summary>The problem of an exception; null where the exception is not expected.</summary>
    public static Problem? Of(Exception e) => e switch
    {
        CustodyException custody => Of(custody) with { RetryAfter = custody.RetryAfter },
        PlatformException platform => Of(platform),
        PushCredentialException { CertificateFault: { } fault } =>
            Problem.InvalidCertificate(CredentialFaultNames.Of(fault), e.Message),
        PushCredentialException { ServiceAccountFault: { } fault } =>
            Problem.InvalidServiceAccount(CredentialFaultNames.Of(fault), e.Message),
        OrganizationCredentialsException { AreMissing: true } =>
            new(Conflict, ProblemNames.OrganizationCredentialsMissing, "The vault has no credentials of the organization.", e.Message),
        OrganizationCredentialsException =>
            new(Conflict, ProblemNames.OrganizationCredentialsRefused, "The platform refuses the organization's credentials.", e.Message),
        VaultException { RetryAfter: { } wait } =>
            new(Unavailable, ProblemNames.VaultUnavailable, "The vault cannot answer.", "Send the request again.") { RetryAfter = wait },
        VaultException => new(
            Unavailable, ProblemNames.VaultRefused, "The vault refuses, or is not set up.",
            "An operator must correct this. The log says what it is."),
        StoreUnavailableException { IsLasting: true } => new(
            Unavailable, ProblemNames.StoreRefused, "The store refuses, is full, or is damaged.",
            "An operator must correct this. The log says what it is."),
        StoreUnavailableException => Problem.Unavailable(),
        InspectionsBusyException => Problem.Unavailable(InspectionsBusyException.RetryAfter),
        _ => null,
    };

    private static Problem Of(CustodyException e) => e.Fault switch
    {
        CustodyFault.Invalid => Problem.InvalidRequest(e.Message),
        CustodyFault.ApplicationNotFound => Problem.UnknownApplication(),
        CustodyFault.PushCredentialNotFound => Problem.NotFound(e.Message),
        CustodyFault.TokenNotFound => new(NotFound, ProblemNames.Of(e.Fault), "There is no such token.", e.Message),
        CustodyFault.LabelTaken => new(Conflict, ProblemNames.Of(e.Fault), "The label is taken.", e.Message),
        CustodyFault.NoFreeSlot => NoFreeSlot(e.Message),
        CustodyFault.NotRotatable => new(Conflict, ProblemNames.Of(e.Fault), "The token cannot be rotated.", e.Message),
        CustodyFault.NotOwner => Problem.Forbidden(e.Message),
        CustodyFault.WrongName => new(Conflict, ProblemNames.Of(e.Fault), "The deletion is not confirmed.", e.Message),
        CustodyFault.Deleting => new(Conflict, ProblemNames.Of(e.Fault), "The application is being deleted.", e.Message),
        CustodyFault.Busy => new(Conflict, ProblemNames.Of(e.Fault), "The application's tokens are being changed.", e.Message),
        CustodyFault.TimedOut => new(Unavailable, ProblemNames.Of(e.Fault), "The platform or the vault is too slow.", e.Message),
        CustodyFault.MasterTokenMissing => new(Conflict, ProblemNames.Of(e.Fault), "The vault has no master token.", e.Message),
        CustodyFault.MasterTokenMalformed => new(Conflict, ProblemNames.Of(e.Fault), "The vault has no valid master token.", e.Message),
        CustodyFault.CreationUnclear => new(Conflict, ProblemNames.Of(e.Fault), "It is not known whether the application was created.", e.Message),
        CustodyFault.MasterTokenRefused => MasterTokenRefused(e.Message),
        _ => Problem.InternalError(),
    };

    // If the platform refuses a value that the caller sent (codes 4001xx), the caller can correct it. Any other refusal is not
    // the caller's fault.
    private static Problem Of(PlatformException e) => e switch
    {
        { Status: StatusCodes.Status413PayloadTooLarge } => Problem.BodyTooLarge(e.Message),
        { Status: StatusCodes.Status429TooManyRequests } =>
            new(Unavailable, ProblemNames.PlatformBusy, "The platform takes no more requests just now.", "Send the request again.") { RetryAfter = e.RetryAfter ?? PlatformRetryTime },
        // Also where the code is one of a value: see PlatformException.Setting.
        { Setting: { } wrong, Status: < StatusCodes.Status500InternalServerError or BadGateway } =>
            new(BadGateway, ProblemNames.PlatformRefused, "The platform refuses.", $"{e.Message} An operator must check {wrong}."),
        { Status: >= StatusCodes.Status500InternalServerError } => new(
            Unavailable, ProblemNames.PlatformUnavailable, "The platform cannot answer.",
            (e.NotSent ? "It could not be asked." : "Whether it has acted is not known.")
            + (e.Setting is { } possible ? $" If this does not end, an operator must check {possible}." : ""))
        {
            RetryAfter = e.RetryAfter ?? PlatformRetryTime,
        },
        { Code: PlatformException.InvalidCredentialCode } => MasterTokenRefused("The platform does not take the master token in the vault."),
        { Code: PlatformException.NotAuthorizedCode } =>
            new(BadGateway, ProblemNames.PlatformRefused, "The platform refuses.", e.Message),
        { Code: PlatformException.ApplicationNotFoundCode } => Problem.UnknownApplication(),
        { Code: PlatformException.NotFoundCode } => Problem.NotFound(e.Message),
        { Code: PlatformException.TooManyCode } => NoFreeSlot(e.Message),
        { Code: >= FirstValueCode and <= LastValueCode } => Problem.InvalidRequest(e.Message),
        _ => new(BadGateway, ProblemNames.PlatformRefused, "The platform refuses.", e.Message),
    };

    private static Problem NoFreeSlot(string detail) => new(Conflict, ProblemNames.NoFreeSlot, "There is no free slot.", detail);

    private static Problem MasterTokenRefused(string detail) =>
        new(Conflict, ProblemNames.MasterTokenRefused, "The platform refuses the master token.", detail);
}
