using Gatehouse.Platform;
using Gatehouse.Secrets;

namespace Gatehouse.Custody.Applications;

/// <summary>An application in custody, with what the platform says about it.</summary>
/// <param name="Application">The application.</param>
/// <param name="Connections">The connections that are open at the moment.</param>
/// <param name="MonthlyUsers">The users of the 30 days that end today, UTC.</param>
/// <param name="DailyUsers">Today's users, UTC.</param>
/// <param name="SlotsUsed">The number of secondary tokens, of <see cref="ApiToken.MostSecondary"/>.</param>
/// <param name="PushConfigurations">The push configurations of every type.</param>
public sealed record ApplicationView(
    ManagedApplication Application, long Connections, long MonthlyUsers, long DailyUsers, int SlotsUsed,
    IReadOnlyList<PushConfiguration> PushConfigurations);

/// <summary>Shows an application in custody as the platform has it.</summary>
public sealed class ApplicationViews(IPlatform platform, ManagedApplications applications, MasterTokens masters, TimeProvider time)
{
    /// <summary>Sends all questions to the platform at the same time.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.Deleting"/>,
    /// <see cref="CustodyFault.MasterTokenMissing"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<ApplicationView> ViewAsync(AppId id, CancellationToken cancellation)
    {
        var application = await applications.FindAsync(id, cancellation) ?? throw CustodyException.ApplicationNotFound();
        if (application.State == CustodyState.Deleting) throw CustodyException.Deleting();
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return await masters.UseAsync(id, ViewAsync, cancellation);

        async Task<ApplicationView> ViewAsync(ApplicationCredential master)
        {
            var connections = platform.ViewCcuAsync(master, cancellation);
            var monthly = platform.ViewMauAsync(master, today, cancellation);
            var daily = platform.ViewDauAsync(master, today, cancellation);
            var tokens = platform.ListTokensAsync(master, cancellation);
            var push = Task.WhenAll(Enum.GetValues<PushType>().Select(type => platform.ListPushConfigurationsAsync(master, type, cancellation)));
            await Task.WhenAll(connections, monthly, daily, tokens, push);
            return new ApplicationView(
                application, await connections, await monthly, await daily, (await tokens).Count,
                [.. (await push).SelectMany(configurations => configurations)]);
        }
    }
}
