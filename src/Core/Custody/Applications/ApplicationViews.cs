using Gatehouse.Platform;
using Gatehouse.Secrets;

namespace Gatehouse.Custody.Applications;

/// <summary>An application in custody, with what the platform says about it.</summary>
/// <param name="Application">The application.</param>
/// <param name="Overview">Its state at the platform, today.</param>
public sealed record ApplicationView(ManagedApplication Application, ApplicationOverview Overview);

/// <summary>Shows an application in custody as the platform has it.</summary>
public sealed class ApplicationViews(IPlatform platform, ManagedApplications applications, MasterTokens masters, TimeProvider time)
{
    /// <summary>
    /// Views an application. With the embedded platform this takes three reads of one row, one read of a range in each of the 16
    /// chunks of users, and one of the nodes; one more range where it has push configurations.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.Deleting"/>,
    /// <see cref="CustodyFault.MasterTokenMissing"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<ApplicationView> ViewAsync(AppId id, CancellationToken cancellation)
    {
        var application = await applications.FindAsync(id, cancellation) ?? throw CustodyException.ApplicationNotFound();
        if (application.State == CustodyState.Deleting) throw CustodyException.Deleting();
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return new ApplicationView(
            application, await masters.UseAsync(id, master => platform.ViewOverviewAsync(master, today, cancellation), cancellation));
    }
}
