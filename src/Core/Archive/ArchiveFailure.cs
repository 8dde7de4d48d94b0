using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>An application that could not be archived. It is tried again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Error">The cause: a <see cref="PlatformException"/>, <see cref="VaultException"/>,
/// <see cref="CustodyException"/>, <see cref="StoreUnavailableException"/>, <see cref="TimeoutException"/> or
/// <see cref="RowFormatException"/>.</param>
public sealed record ArchiveFailure(AppId Application, Exception Error)
{
    /// <summary>
    /// The cause as one of <see cref="ProblemNames"/>: the type of the problem that the facade would answer with.
    /// </summary>
    public string Problem => NameOf(Error);

    /// <summary>Whether an exception is a failure of one application, which must not stop the others.</summary>
    internal static bool Is(Exception e) =>
        e is PlatformException or VaultException or CustodyException or StoreUnavailableException or TimeoutException
            or RowFormatException;

    /// <summary>Whether another try would fail too, unless an operator does something.</summary>
    internal static bool IsLasting(Exception e) => e switch
    {
        PlatformException platform => platform.IsRefusal && platform.Status != TooManyRequests,
        CustodyException custody => custody.RetryAfter is null,
        RowFormatException => true,
        _ => false,
    };

    private const int TooManyRequests = 429;

    private static string NameOf(Exception e) => e switch
    {
        CustodyException custody => ProblemNames.Of(custody.Fault),
        PlatformException { Status: TooManyRequests } => ProblemNames.PlatformBusy,
        PlatformException { Setting: not null, Status: < 500 or PlatformException.WrongAddressStatus } => ProblemNames.PlatformRefused,
        PlatformException { IsRefusal: false } => ProblemNames.PlatformUnavailable,
        PlatformException { Code: PlatformException.InvalidCredentialCode } => ProblemNames.MasterTokenRefused,
        PlatformException { Code: PlatformException.ApplicationNotFoundCode } => ProblemNames.UnknownApplication,
        PlatformException => ProblemNames.PlatformRefused,
        VaultException { RetryAfter: null } => ProblemNames.VaultRefused,
        VaultException => ProblemNames.VaultUnavailable,
        StoreUnavailableException { IsLasting: true } => ProblemNames.StoreRefused,
        StoreUnavailableException => ProblemNames.Unavailable,
        TimeoutException => ProblemNames.TimedOut,
        RowFormatException => ProblemNames.InternalError,
        _ => throw new ArgumentException("The archive does not fail with this exception.", nameof(e)),
    };
}
