using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gatehouse.Platform;

namespace Gatehouse.Tests.Custody;

/// <summary>A platform that fails when the test says so: before the work is done, or after it.</summary>
internal sealed class ScriptedPlatform(IPlatform platform) : IPlatform
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> before = new();
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task>> after = new();

    /// <summary>The names of the called methods, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Applications that exist, but are missing in the list.</summary>
    public HashSet<AppId> Unlisted { get; } = [];

    /// <summary>Entries of the list that cannot be read.</summary>
    public List<UnreadableApplication> Unreadable { get; } = [];

    /// <summary>The next values of the list's pages, instead of the platform's; null for the platform's.</summary>
    public Queue<string>? Next { get; set; }

    /// <summary>How far the platform's clock is ahead of ours.</summary>
    public TimeSpan ClockError { get; set; }

    /// <summary>Answers requests for daily counts instead of the platform; null to ask the platform.</summary>
    public Func<AppId, DateOnly, DateOnly, DailyCountAnswer>? DailyCounts { get; set; }

    /// <summary>Runs before each call of a method; null for nothing.</summary>
    public void Before(string method, Func<CancellationToken, Task>? act) => Set(before, method, act);

    /// <summary>Runs after each call of a method; null for nothing.</summary>
    public void After(string method, Func<CancellationToken, Task>? act) => Set(after, method, act);

    public void FailBefore(string method, Exception e) => Before(method, _ => Task.FromException(e));

    public void FailAfter(string method, Exception e) => After(method, _ => Task.FromException(e));

    public void Recover()
    {
        before.Clear();
        after.Clear();
    }

    public int Count(string method) => Calls.Count(call => call == method);

    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        DoAsync(() => platform.CreateAsync(name, cancellation), cancellation);

    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) =>
        DoAsync(
            async () =>
            {
                if (Next is not null && pageToken is not null) return new ApplicationPage([], Next.Dequeue());
                var page = await platform.ListAsync(limit, pageToken, cancellation);
                if (Next is not null) page = page with { Next = Next.Dequeue() };
                return page with
                {
                    Applications = [.. page.Applications.Where(application => !Unlisted.Contains(application.Id))],
                    Unreadable = [.. Unreadable],
                };
            },
            cancellation);

    public Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        DoAsync(() => platform.ViewAsync(credential, cancellation), cancellation);

    public Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        DoAsync(() => Unit(platform.DeleteAsync(credential, cancellation)), cancellation);

    public Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation) =>
        DoAsync(async () => AsShown(await platform.IssueTokenAsync(master, cancellation)), cancellation);

    public Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation) =>
        DoAsync<IReadOnlyList<IssuedToken>>(
            async () => [.. (await platform.ListTokensAsync(master, cancellation)).Select(AsShown)], cancellation);

    public Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation) =>
        DoAsync(() => Unit(platform.RevokeTokenAsync(master, token, cancellation)), cancellation);

    public Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation) =>
        DoAsync(() => platform.AddPushConfigurationsAsync(credential, registration, cancellation), cancellation);

    public Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation) =>
        DoAsync(() => platform.ListPushConfigurationsAsync(credential, type, cancellation), cancellation);

    public Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation) =>
        DoAsync(() => Unit(platform.DeletePushConfigurationAsync(credential, type, id, cancellation)), cancellation);

    public Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        DoAsync(() => platform.ViewCcuAsync(credential, cancellation), cancellation);

    public Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        DoAsync(() => platform.ViewMauAsync(credential, day, cancellation), cancellation);

    public Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        DoAsync(() => platform.ViewDauAsync(credential, day, cancellation), cancellation);

    public Task<DailyCountAnswer> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation) =>
        DoAsync(
            () => DailyCounts is { } played
                ? Task.FromResult(played(credential.Application, from, to))
                : platform.ViewDailyCountsAsync(credential, from, to, cancellation),
            cancellation);

    private IssuedToken AsShown(IssuedToken issued) => issued with { CreatedAt = issued.CreatedAt + ClockError };

    private static void Set(
        ConcurrentDictionary<string, Func<CancellationToken, Task>> acts, string method, Func<CancellationToken, Task>? act)
    {
        if (act is null) acts.TryRemove(method, out _);
        else acts[method] = act;
    }

    private static async Task<bool> Unit(Task work)
    {
        await work;
        return true;
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> work, CancellationToken cancellation, [CallerMemberName] string method = "")
    {
        Calls.Enqueue(method);
        if (before.TryGetValue(method, out var first)) await first(cancellation);
        var result = await work();
        if (after.TryGetValue(method, out var last)) await last(cancellation);
        return result;
    }
}
