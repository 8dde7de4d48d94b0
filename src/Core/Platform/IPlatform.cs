namespace Gatehouse.Platform;

/// <summary>The platform's Application resource (wire contract, "Application"), embedded or hosted.</summary>
/// <remarks>
/// Every method throws <see cref="PlatformException"/> when the platform refuses or cannot answer. If
/// <see cref="PlatformException.IsRefusal"/>, nothing was done; otherwise the request may have been carried out, or may
/// still be. No method repeats a request that might then be carried out twice.
/// </remarks>
public interface IPlatform
{
    /// <summary>
    /// Creates an application, under the organization's credentials, and returns it with its master token.
    /// </summary>
    /// <param name="name">1 to 128 bytes of UTF-8.</param>
    /// <param name="cancellation">Cancels; the application may have been created.</param>
    Task<Application> CreateAsync(string name, CancellationToken cancellation);

    /// <summary>A page of all applications with their master tokens, under the organization's credentials.</summary>
    /// <param name="limit">1 to 100.</param>
    /// <param name="pageToken">The next value of the page before; null or empty for the first page.</param>
    /// <param name="cancellation">Cancels.</param>
    Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation);

    /// <summary>
    /// The application of an API token. Where one address serves many applications, it may be another one than expected:
    /// callers with a token from elsewhere compare the ids.
    /// </summary>
    Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>Deletes the application; 400304 where it was deleted already.</summary>
    Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>Issues a secondary API token, for the master token; 400203 where there are ten already.</summary>
    Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation);

    /// <summary>All secondary API tokens, newest first, for the master token; 400108 for any other.</summary>
    Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation);

    /// <summary>Revokes a secondary API token, for the master token; 400201 where it does not exist.</summary>
    Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation);

    /// <summary>The most push configurations of an application; null where the platform does not say.</summary>
    int? MostPushConfigurations => null;

    /// <summary>Adds push configurations, one for each credential, and returns their ids.</summary>
    Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation);

    /// <summary>The push configurations of one type.</summary>
    Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation);

    /// <summary>Deletes one push configuration; 400201 where it does not exist.</summary>
    Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation);

    /// <summary>The connections that are open at the moment.</summary>
    Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>The users of the 30 days that end with a day, UTC.</summary>
    Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation);

    /// <summary>The users of a day, UTC.</summary>
    Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation);

    /// <summary>The messages of the days in a range, UTC, both ends included, at most 366 days.</summary>
    Task<DailyCountAnswer> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation);

    /// <summary>
    /// The state of an application on a day, for the master token: a request for each connection count, user count and list, all at
    /// the same time, where the platform has no shorter way.
    /// </summary>
    async Task<ApplicationOverview> ViewOverviewAsync(ApplicationCredential master, DateOnly day, CancellationToken cancellation)
    {
        var connections = ViewCcuAsync(master, cancellation);
        var monthly = ViewMauAsync(master, day, cancellation);
        var daily = ViewDauAsync(master, day, cancellation);
        var tokens = ListTokensAsync(master, cancellation);
        var push = Task.WhenAll(Enum.GetValues<PushType>().Select(type => ListPushConfigurationsAsync(master, type, cancellation)));
        await Task.WhenAll(connections, monthly, daily, tokens, push);
        return new ApplicationOverview(
            await connections, await monthly, await daily, (await tokens).Count, [.. (await push).SelectMany(configurations => configurations)]);
    }
}

/// <summary>The state of an application.</summary>
/// <param name="Connections">The connections that are open at the moment.</param>
/// <param name="MonthlyUsers">The users of the 30 days that end with the day, UTC.</param>
/// <param name="DailyUsers">The day's users, UTC.</param>
/// <param name="SlotsUsed">The number of secondary tokens, of <see cref="ApiToken.MostSecondary"/>.</param>
/// <param name="PushConfigurations">The push configurations of every type.</param>
public sealed record ApplicationOverview(
    long Connections, long MonthlyUsers, long DailyUsers, int SlotsUsed, IReadOnlyList<PushConfiguration> PushConfigurations);

/// <summary>What requests about an application are authenticated with.</summary>
/// <param name="Application">The application. The hosted platform has an address for each.</param>
/// <param name="Token">Its master token, or a secondary one.</param>
public sealed record ApplicationCredential(AppId Application, ApiToken Token);
