using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>What a timer could not do for an application. The next run tries it again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Error">The cause: a <see cref="PlatformException"/>, <see cref="VaultException"/>,
/// <see cref="CustodyException"/>, <see cref="StoreUnavailableException"/> or <see cref="RowFormatException"/>.</param>
public sealed record CustodyFailure(AppId Application, Exception Error)
{
    /// <summary>Whether an exception comes from what custody depends on (platform, vault, store), or is a refusal.</summary>
    internal static bool Is(Exception e) =>
        e is PlatformException or VaultException or CustodyException or StoreUnavailableException or RowFormatException;
}
