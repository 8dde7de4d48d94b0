using Gatehouse.Common;

namespace Gatehouse.Platform;

/// <summary>
/// The platform's Application resource (wire contract, "Application"), wherever the platform is: in this process or at the
/// end of a line.
/// </summary>
/// <remarks>
/// Every method throws <see cref="PlatformException"/> when the platform refuses or cannot answer. Where
/// <see cref="PlatformException.IsRefusal"/>, nothing was done; otherwise what was asked for may have been done, or may
/// still be. No method repeats by itself what might then be done twice.
/// </remarks>
public interface IPlatform
{
    /// <summary>Creates an application, under the organization's credentials, and shows its master token.</summary>
    /// <param name="name">1 to 128 bytes of UTF-8.</param>
    /// <param name="cancellation">Gives up; the application may have been created.</param>
    Task<Application> CreateAsync(string name, CancellationToken cancellation);

    /// <summary>A page of all applications with their master tokens, under the organization's credentials.</summary>
    /// <param name="limit">1 to 100.</param>
    /// <param name="pageToken">What the page before gave as its next; null or empty for the first page.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation);

    /// <summary>
    /// The application of an API token. Where one address serves many applications, the answer may be another than the one
    /// that was meant: whoever has not made the token compares the ids.
    /// </summary>
    Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>Deletes the application; 400304 where it was deleted before.</summary>
    Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>Issues a secondary API token, for the master token; 400203 where there are ten.</summary>
    Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation);

    /// <summary>Every secondary API token, newest first, for the master token; 400108 to any other.</summary>
    Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation);

    /// <summary>Revokes a secondary API token, for the master token; 400201 for one that is not there.</summary>
    Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation);

    /// <summary>Adds push configurations, one for each credential that is given, and returns their ids.</summary>
    Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation);

    /// <summary>The push configurations of one type.</summary>
    Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation);

    /// <summary>Deletes one push configuration; 400201 for one that is not there.</summary>
    Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation);

    /// <summary>The connections that are open now.</summary>
    Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation);

    /// <summary>The users of the 30 days that end with a day, UTC.</summary>
    Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation);

    /// <summary>The users of a day, UTC.</summary>
    Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation);

    /// <summary>The messages of each day from one to another, UTC, both inclusive, at most 366, newest first.</summary>
    Task<IReadOnlyList<DailyCount>> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation);
}

/// <summary>Under what an application is worked on.</summary>
/// <param name="Application">The application: the hosted platform has an address for each.</param>
/// <param name="Token">Its master token, or a secondary one.</param>
public sealed record ApplicationCredential(AppId Application, ApiToken Token);
