using Gatehouse.Common;
using Gatehouse.Platform;

namespace Gatehouse.Bench.Harness;

/// <summary>
/// A platform with a slow network: daily counts take time, but no processor time. Applications are created at once. The other
/// methods are not implemented.
/// </summary>
internal sealed class SlowUpstream(TimeProvider time) : IPlatform
{
    private int questions;

    /// <summary>How long an answer takes.</summary>
    public TimeSpan AnswerTime { get; set; }

    /// <summary>The number of requests for daily counts.</summary>
    public int Questions => questions;

    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        Task.FromResult(new Application(AppId.Generate(), name, time.GetUtcNow(), ApiToken.Generate()));

    public async Task<DailyCountAnswer> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation)
    {
        Interlocked.Increment(ref questions);
        await Task.Delay(AnswerTime, cancellation);
        return DailyCountAnswer.Of(
            [.. Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(back => new DailyCount(to.AddDays(-back), back))]);
    }

    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) => throw NotAsked();

    public Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation) => throw NotAsked();

    public Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation) => throw NotAsked();

    public Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation) => throw NotAsked();

    public Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation) =>
        throw NotAsked();

    public Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation) => throw NotAsked();

    public Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation) => throw NotAsked();

    public Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation) => throw NotAsked();

    public Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation) => throw NotAsked();

    public Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation) => throw NotAsked();

    public Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) => throw NotAsked();

    public Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) => throw NotAsked();

    private static NotSupportedException NotAsked() => new("No figure uses it.");
}
