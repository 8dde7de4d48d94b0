using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>What could not be archived. It is tried again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Error">Why: a <see cref="PlatformException"/>, <see cref="VaultException"/>, <see cref="CustodyException"/>,
/// <see cref="StoreUnavailableException"/>, <see cref="TimeoutException"/> or <see cref="RowFormatException"/>.</param>
public sealed record ArchiveFailure(AppId Application, Exception Error)
{
    /// <summary>Why, in a word that does not change; where the facade answers with a problem, its type.</summary>
    public string Problem => NameOf(Error);

    /// <summary>Whether an exception is one application's failure, and holds up no other.</summary>
    internal static bool Is(Exception e) =>
        e is PlatformException or VaultException or CustodyException or StoreUnavailableException or TimeoutException
            or RowFormatException;

    /// <summary>Whether another try, with nothing done about it, would fail as well.</summary>
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
        PlatformException { IsRefusal: false } => ProblemNames.PlatformUnavailable,
        PlatformException { Code: PlatformException.InvalidCredentialCode } => ProblemNames.MasterTokenRefused,
        PlatformException { Code: PlatformException.ApplicationNotFoundCode } => ProblemNames.UnknownApplication,
        PlatformException => ProblemNames.PlatformRefused,
        VaultException => ProblemNames.VaultUnavailable,
        StoreUnavailableException => ProblemNames.Unavailable,
        TimeoutException => ProblemNames.TimedOut,
        RowFormatException => ProblemNames.InternalError,
        _ => throw new ArgumentException("The archive does not fail with this exception.", nameof(e)),
    };
}
