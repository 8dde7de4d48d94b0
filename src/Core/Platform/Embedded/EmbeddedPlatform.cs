using Gatehouse.Usage;

namespace Gatehouse.Platform.Embedded;

/// <summary>The embedded platform. Each call authenticates its token first.</summary>
/// <remarks>The organization's credentials are not checked: a caller in the same process does not need them.</remarks>
/// <exception cref="Storage.StoreUnavailableException">Thrown by every method when the store cannot answer.</exception>
public sealed class EmbeddedPlatform(
    ApplicationAccess access, EmbeddedApplications applications, ApiTokens tokens, PushConfigurations pushConfigurations,
    UsageStatistics statistics) : IPlatform
{
    /// <inheritdoc/>
    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        applications.CreateAsync(name, cancellation);

    /// <inheritdoc/>
    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) =>
        applications.ListAsync(limit, pageToken, cancellation);

    /// <inheritdoc/>
    public async Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        EmbeddedApplications.View(await AuthenticateAsync(credential, cancellation));

    /// <inheritdoc/>
    public async Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        await applications.DeleteAsync(await AuthenticateAsync(credential, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation) =>
        await tokens.IssueAsync(await AuthenticateAsync(master, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation) =>
        tokens.List(await AuthenticateAsync(master, cancellation));

    /// <inheritdoc/>
    public async Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation) =>
        await tokens.RevokeAsync(await AuthenticateAsync(master, cancellation), token.Reveal(), cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation)
    {
        var added = await pushConfigurations.AddAsync(await AuthenticateAsync(credential, cancellation), registration, cancellation);
        return [.. added.Select(configuration => configuration.Id)];
    }

    /// <inheritdoc/>
    public int? MostPushConfigurations => PushConfigurations.Most;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation) =>
        await pushConfigurations.ListAsync(await AuthenticateAsync(credential, cancellation), type, cancellation);

    /// <inheritdoc/>
    public async Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation) =>
        await pushConfigurations.DeleteAsync(await AuthenticateAsync(credential, cancellation), type, id, cancellation);

    /// <inheritdoc/>
    public async Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        await statistics.ConcurrentConnectionsAsync((await AuthenticateAsync(credential, cancellation)).Application, cancellation);

    /// <inheritdoc/>
    public async Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        await statistics.MonthlyActiveUsersAsync((await AuthenticateAsync(credential, cancellation)).Application, day, cancellation);

    /// <inheritdoc/>
    public async Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        await statistics.DailyActiveUsersAsync((await AuthenticateAsync(credential, cancellation)).Application, day, cancellation);

    /// <inheritdoc/>
    public async Task<DailyCountAnswer> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation) =>
        DailyCountAnswer.Of(await statistics.DailyCountsAsync(
            (await AuthenticateAsync(credential, cancellation)).Application, from, to, cancellation));

    /// <inheritdoc/>
    public async Task<ApplicationOverview> ViewOverviewAsync(ApplicationCredential master, DateOnly day, CancellationToken cancellation)
    {
        var caller = await AuthenticateAsync(master, cancellation);
        var connections = statistics.ConcurrentConnectionsAsync(caller.Application, cancellation);
        var users = statistics.ActiveUsersAsync(caller.Application, day, cancellation);
        var push = pushConfigurations.ListAsync(caller, null, cancellation);
        await Task.WhenAll(connections, users, push);
        return new ApplicationOverview(await connections, (await users).Monthly, (await users).Daily, tokens.List(caller).Count, await push);
    }

    // A token of another application is refused here, as it would be at the application's own address.
    private async ValueTask<ApplicationCaller> AuthenticateAsync(ApplicationCredential credential, CancellationToken cancellation)
    {
        var caller = await access.AuthenticateAsync(credential.Token, cancellation);
        return caller.Application == credential.Application
            ? caller
            : throw PlatformException.InvalidCredential("Api-Token is not valid.");
    }
}
