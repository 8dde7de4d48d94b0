using System.Text;
using Gatehouse.Access;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Storage;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

/// <summary>
/// The commits of a change with its audit entry and its answer: how many there are, and what a process that is killed before or
/// after each of them leaves.
/// </summary>
public sealed class CallRecordTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly Caller Service = new("service", RoleNames.All);
    private static readonly IdempotencyKey Key = IdempotencyKey.TryParse("key-1")!;

    // With the trail in the tables' account, and in one of its own.
    public static TheoryData<string, bool> Operations
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var operation in Stories.Keys)
            {
                data.Add(operation, false);
                data.Add(operation, true);
            }
            return data;
        }
    }

    private static readonly Dictionary<string, Story> Stories = new()
    {
        ["create"] = new(2, 3, HasKey: true, null, (run, call) => run.Instance.Applications.CreateAsync(
            "created", CreationCall.Once(), Ends<ManagedApplication>(call, one =>
            {
                call.Target = new AuditTarget(one.Id);
                return $"{one.Id}";
            }), None)),
        ["issue, answered"] = new(2, 4, HasKey: true, null, (run, call) => run.IssueAsync(TokenDelivery.Response, call)),
        ["issue, to the vault"] = new(3, 5, HasKey: true, null, (run, call) => run.IssueAsync(TokenDelivery.Vault, call)),
        ["rotate, answered"] = new(2, 4, HasKey: true, TokenDelivery.Response, (run, call) => run.RotateAsync(Hour, call)),
        ["rotate, to the vault"] = new(3, 5, HasKey: true, TokenDelivery.Vault, (run, call) => run.RotateAsync(Hour, call)),
        ["rotate without overlap, answered"] = new(3, 5, HasKey: true, TokenDelivery.Response, (run, call) => run.RotateAsync(TimeSpan.Zero, call)),
        ["rotate without overlap, to the vault"] = new(3, 5, HasKey: true, TokenDelivery.Vault, (run, call) => run.RotateAsync(TimeSpan.Zero, call)),
        ["revoke"] = new(2, 4, HasKey: false, TokenDelivery.Vault, (run, call) =>
            run.Instance.Leases.RevokeAsync(run.Id, run.Before!.TokenId, Ends<string?>(call, label => label ?? ""), None)),
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_change_makes_few_commits_and_a_kill_at_any_of_them_loses_nothing(string operation, bool isApart)
    {
        var story = Stories[operation];
        await using var scene = await CreateAsync();
        var keys = new AccessKeys();
        await keys.OpenAsync(scene.LocalVault, None);
        // One more for the key.
        var all = (isApart ? story.Apart : story.Commits) + (story.HasKey ? 1 : 0);
        Assert.Equal(all, await TellAsync(scene, keys, operation, 0, isAfter: false, isApart));
        for (var at = 1; at <= all; at++)
        {
            await TellAsync(scene, keys, operation, at, isAfter: false, isApart);
            await TellAsync(scene, keys, operation, at, isAfter: true, isApart);
        }
    }

    private static async Task<int> TellAsync(
        CustodyScene scene, AccessKeys keys, string operation, int at, bool isAfter, bool isApart)
    {
        var story = Stories[operation];
        var run = new Run(scene);
        await run.BeginAsync(story.Before);
        var since = scene.Clock.GetUtcNow();
        var killed = new KilledStore(scene.Store, at, isAfter);
        run.Instance = scene.Start(killed);
        var changes = Changes(scene);
        try
        {
            await CallAsync(killed, new Caller($"service-{Guid.NewGuid():N}", []), run);
        }
        catch (CrashException)
        {
        }
        var isChanged = Changes(scene) > changes;

        // Another process finds what has happened, and repeats the call.
        run.Instance = scene.Start();
        scene.PassLocks();
        Assert.Empty((await run.Instance.RunTimersAsync()).Leases.Failures);
        await scene.AssertReconciledAsync();
        var trail = new AuditTrail(scene.Store, [], scene.Clock, isApart);
        var entries = (await new AuditReader(scene.Store, trail, keys, scene.Clock).ReadAsync(
            Service, new AuditFilter { From = since }, 100, null, None))!.Entries;
        Assert.InRange(entries.Count, isChanged ? 1 : 0, 1);
        if (at == 0) Assert.Equal(AuditOutcome.Done, Assert.Single(entries).Outcome);
        if (entries is [{ Outcome: AuditOutcome.Done }] && !isApart && run.Key is not null)
            Assert.True((await RepeatAsync(run.Caller!)).Repeated);
        scene.Clock.Advance(IdempotentCalls.TakeoverTime);
        foreach (var application in (await run.Instance.Applications.ListAsync(null, 100, None)).Applications)
            await run.Instance.Applications.DeleteAsync(application.Id, application.Name, None);
        return killed.Commits;

        async Task<string> CallAsync(ITableStore store, Caller caller, Run told)
        {
            var records = new AuditTrail(store, [], scene.Clock, isApart);
            var call = new AuditCall(caller, Role.TokensIssue, "Operation", "request-1");
            if (!story.HasKey) return await RunAsync(new CallRecord(records, call, new(told.Target(operation)), null));
            (told.Caller, told.Key) = (caller, Key);
            var outcome = await new IdempotentCalls(store, keys, scene.Clock).RunAsync(
                caller, Key, Request, told.Target(operation),
                async (attempt, _) => new StoredAnswer(
                    200, null, Encoding.UTF8.GetBytes(await RunAsync(new CallRecord(records, call, new(told.Target(operation)), attempt)))),
                None);
            return Encoding.UTF8.GetString(Assert.IsType<IdempotentOutcome.Answered>(outcome).Answer.Body.Span);
        }

        async Task<string> RunAsync(CallRecord record)
        {
            await story.Operation(run, record);
            await record.EndAsync(done: true, None);
            return record.Answer is { } answer ? Encoding.UTF8.GetString(answer.Body.Span) : "";
        }

        async Task<IdempotentOutcome.Answered> RepeatAsync(Caller caller) => Assert.IsType<IdempotentOutcome.Answered>(
            await new IdempotentCalls(scene.Store, keys, scene.Clock).RunAsync(
                caller, Key, Request, run.Target(operation), (_, _) => throw new InvalidOperationException("It was done already."), None));
    }

    private static RequestFingerprint Request => RequestFingerprint.Of("POST", "/");

    private static CallEnd<T> Ends<T>(CallRecord call, Func<T, string> answer) =>
        new(call, result => call.Answer = new StoredAnswer(200, null, Encoding.UTF8.GetBytes(answer(result))));

    private static int Changes(CustodyScene scene) =>
        new[] { nameof(IPlatform.CreateAsync), nameof(IPlatform.IssueTokenAsync), nameof(IPlatform.RevokeTokenAsync), nameof(IPlatform.DeleteAsync) }
            .Sum(scene.Platform.Count);

    private sealed record Story(
        int Commits, int Apart, bool HasKey, TokenDelivery? Before, Func<Run, CallRecord, Task> Operation);

    private sealed class Run(CustodyScene scene)
    {
        public CustodyInstance Instance { get; set; } = scene.Start();

        public AppId Id { get; private set; }

        public GrantedToken? Before { get; private set; }

        public Caller? Caller { get; set; }

        public IdempotencyKey? Key { get; set; }

        public AppId? Target(string operation) => operation == "create" ? null : Id;

        public async Task BeginAsync(TokenDelivery? before)
        {
            Id = (await Instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;
            if (before is { } delivery) Before = await Instance.Leases.IssueAsync(Id, new LeaseRequest("label", "owner", delivery), None);
            scene.Clock.Advance(Hour);
        }

        public Task<GrantedToken> IssueAsync(TokenDelivery delivery, CallRecord call) => Instance.Leases.IssueAsync(
            Id, new LeaseRequest("label", "owner", delivery), Ends<GrantedToken>(call, token => token.TokenId), None);

        public Task<GrantedToken> RotateAsync(TimeSpan overlap, CallRecord call) => Instance.Leases.RotateAsync(
            Id, Before!.TokenId, overlap, Owner, Ends<GrantedToken>(call, token => token.TokenId), None);
    }

    /// <summary>Kills the process before or after its n-th commit, from 1; 0 for never.</summary>
    private sealed class KilledStore(ITableStore inner, int at, bool isAfter) : InterposedStore(inner)
    {
        private bool isKilled;

        public int Commits { get; private set; }

        public override async ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
        {
            if (isKilled) throw new CrashException("a commit");
            isKilled = ++Commits == at;
            if (isKilled && !isAfter) throw new CrashException("a commit");
            var result = await base.CommitAsync(table, partition, changes, cancellation);
            return isKilled ? throw new CrashException("a commit") : result;
        }
    }
}
