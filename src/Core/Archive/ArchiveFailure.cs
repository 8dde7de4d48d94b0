using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>What could not be archived. It is tried again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Error">Why: a <see cref="PlatformException"/>, <see cref="VaultException"/>, <see cref="CustodyException"/>,
/// <see cref="StoreUnavailableException"/>, <see cref="TimeoutException"/> or <see cref="RowFormatException"/>.</param>
public sealed record ArchiveFailure(ApplicationId Application, Exception Error)
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
        CustodyException custody => custody.Fault switch
        {
            CustodyFault.ApplicationNotFound => "unknown-application",
            CustodyFault.Deleting => "being-deleted",
            CustodyFault.MasterTokenMissing => "master-token-missing",
            CustodyFault.MasterTokenRefused => "master-token-refused",
            _ => "timed-out",
        },
        PlatformException { Status: TooManyRequests } => "platform-busy",
        PlatformException { IsRefusal: false } => "platform-unavailable",
        PlatformException { Code: PlatformException.InvalidCredentialCode } => "master-token-refused",
        PlatformException { Code: PlatformException.ApplicationNotFoundCode } => "unknown-application",
        PlatformException => "platform-refused",
        VaultException => "vault-unavailable",
        StoreUnavailableException => "unavailable",
        TimeoutException => "timed-out",
        RowFormatException => "internal-error",
        _ => throw new ArgumentException("It is no failure of the archive's.", nameof(e)),
    };
}
