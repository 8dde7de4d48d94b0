using System.Reflection;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

/// <summary>
/// Every operation is interrupted at each of its steps, and so is the timer run that repairs it. Then one complete timer run
/// must have repaired everything.
/// </summary>
public sealed class CustodyCrashTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static TheoryData<string> Operations => [.. Stories.Keys];

    /// <summary>The state before, the operation, and what must hold afterwards, whether it was done or not.</summary>
    private static readonly Dictionary<string, Story> Stories = new()
    {
        ["create"] = new(
            _ => Task.CompletedTask,
            async run => await run.Instance.Applications.CreateAsync("created", CreationCall.Once(), None),
            _ => Task.CompletedTask),
        ["issue, answered"] = new(
            CreateAsync,
            async run => run.Granted = await run.Instance.Leases.IssueAsync(run.Id, Request(TokenDelivery.Response), None),
            AssertGrantedAsync),
        ["issue, to the vault"] = new(
            CreateAsync,
            async run => run.Granted = await run.Instance.Leases.IssueAsync(run.Id, Request(TokenDelivery.Vault), None),
            AssertGrantedAsync),
        ["rotate, answered"] = new(
            run => IssueAsync(run, TokenDelivery.Response),
            async run => run.Granted = await run.Instance.Leases.RotateAsync(run.Id, run.Before.TokenId, Hour, Owner, None),
            AssertRotatedAsync),
        ["rotate, to the vault"] = new(
            run => IssueAsync(run, TokenDelivery.Vault),
            async run => run.Granted = await run.Instance.Leases.RotateAsync(run.Id, run.Before.TokenId, Hour, Owner, None),
            AssertRotatedAsync),
        ["rotate without overlap"] = new(
            run => IssueAsync(run, TokenDelivery.Vault),
            async run => run.Granted = await run.Instance.Leases.RotateAsync(run.Id, run.Before.TokenId, TimeSpan.Zero, Owner, None),
            AssertGrantedAsync),
        ["revoke"] = new(
            run => IssueAsync(run, TokenDelivery.Vault),
            run => run.Instance.Leases.RevokeAsync(run.Id, run.Before.TokenId, None),
            async run => Assert.True(!run.Done || (await run.Scene.TokensAsync(run.Id)).Count == 0)),
        ["expire, rotate and retire by the timer"] = new(
            IssueThreeAsync,
            async run =>
            {
                run.Scene.Clock.Advance(2 * Hour);
                await run.Instance.Leases.RunAsync(None);
            },
            async run =>
            {
                var tokens = (await run.Instance.Leases.ListAsync(run.Id, None)).Tokens;
                Assert.DoesNotContain(tokens, token => token.Label == "expiring" || token.TokenId == run.Before.TokenId);
                Assert.Contains(tokens, token => token is { Label: "rotating", State: TokenState.Active } && token.TokenId != run.Due);
            }),
        ["delete"] = new(
            run => IssueAsync(run, TokenDelivery.Vault),
            run => run.Instance.Applications.DeleteAsync(run.Id, "application", None),
            async run =>
            {
                Assert.True(!run.Done || await run.Instance.Applications.FindAsync(run.Id, None) is null);
                if (await run.Instance.Applications.FindAsync(run.Id, None) is not null) return;
                Assert.Null(await run.Scene.SecretAsync(MasterTokens.SecretName(run.Id)));
                Assert.Null(await run.Scene.SecretAsync(Leases.SecretName(run.Id, "label")));
            }),
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task One_timer_run_finishes_or_undoes_an_operation_interrupted_at_any_step(string operation)
    {
        await using var scene = await CustodyScene.CreateAsync();
        for (var step = 1; await RunAsync(scene, operation, step, 0) is { Operation.HasCrashed: true }; step++)
        {
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_second_timer_run_repairs_one_interrupted_at_any_step(string operation)
    {
        await using var scene = await CustodyScene.CreateAsync();
        var hasCrashed = true;
        for (var step = 1; hasCrashed; step++)
        {
            Outcome outcome;
            var healing = 1;
            do
            {
                outcome = await RunAsync(scene, operation, step, healing++);
                hasCrashed = outcome.Operation.HasCrashed;
            }
            while (hasCrashed && outcome.Timers.HasCrashed);
        }
    }

    [Fact]
    public async Task These_operations_reach_every_step()
    {
        await using var scene = await CustodyScene.CreateAsync();
        var reached = new HashSet<string>();
        foreach (var operation in Stories.Keys)
        {
            Outcome outcome;
            var step = 1;
            do
            {
                outcome = await RunAsync(scene, operation, step++, 0);
                reached.UnionWith([.. outcome.Operation.Reached, .. outcome.Timers.Reached]);
            }
            while (outcome.Operation.HasCrashed);
        }
        var all = typeof(CustodySteps).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.Name != nameof(CustodySteps.Name)).Select(field => (string)field.GetValue(null)!);
        Assert.Empty(all.Except(reached));
    }

    private static async Task<Outcome> RunAsync(CustodyScene scene, string operation, int step, int healingStep)
    {
        var story = Stories[operation];
        var run = new Run(scene);
        await story.Before(run);
        var crash = await CrashSwitch.RunAsync(step, async () =>
        {
            await story.Operation(run);
            run.Done = true;
        });
        run.Instance = scene.Start();
        scene.PassLocks();
        var timers = await CrashSwitch.RunAsync(healingStep, run.Instance.RunTimersAsync);
        if (timers.HasCrashed)
        {
            run.Instance = scene.Start();
            scene.PassLocks();
            await AssertRunsAsync(run.Instance);
        }
        await scene.AssertReconciledAsync();
        await story.After(run);

        // A scene is used for a hundred runs, which must not see each other's leftovers.
        foreach (var application in (await run.Instance.Applications.ListAsync(null, 100, None)).Applications)
            await run.Instance.Applications.DeleteAsync(application.Id, application.Name, None);
        return new Outcome(crash, timers);
    }

    private static async Task AssertRunsAsync(CustodyInstance instance)
    {
        var (adoption, leases) = await instance.RunTimersAsync();
        Assert.Empty(adoption.Failures);
        Assert.Empty(leases.Failures);
    }

    private static LeaseRequest Request(TokenDelivery delivery) => new("label", "owner", delivery);

    private static async Task CreateAsync(Run run) =>
        run.Id = (await run.Instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;

    private static async Task IssueAsync(Run run, TokenDelivery delivery)
    {
        await CreateAsync(run);
        run.Before = await run.Instance.Leases.IssueAsync(run.Id, Request(delivery), None);
    }

    private static async Task IssueThreeAsync(Run run)
    {
        await IssueAsync(run, TokenDelivery.Vault);
        var leases = run.Instance.Leases;
        await leases.RotateAsync(run.Id, run.Before.TokenId, Hour, Owner, None);
        await leases.IssueAsync(run.Id, new LeaseRequest("expiring", "owner", TokenDelivery.Vault, ExpiresIn: Hour), None);
        run.Due = (await leases.IssueAsync(
            run.Id, new LeaseRequest("rotating", "owner", TokenDelivery.Vault, RotateEvery: Hour), None)).TokenId;
    }

    private static async Task AssertGrantedAsync(Run run)
    {
        if (!run.Done) return;
        var token = Assert.Single((await run.Instance.Leases.ListAsync(run.Id, None)).Tokens, token => token.TokenId == run.Granted!.TokenId);
        Assert.Equal(TokenState.Active, token.State);
        if (run.Granted!.Token is { } answered) Assert.True(await run.Scene.WorksAsync(run.Id, answered));
    }

    private static async Task AssertRotatedAsync(Run run)
    {
        // The old token still works: no other token was delivered, or its overlap has not ended.
        Assert.Contains(await run.Scene.TokensAsync(run.Id), token => token.Token.Fingerprint == run.Before.TokenId);
        await AssertGrantedAsync(run);
    }

    private sealed record Story(Func<Run, Task> Before, Func<Run, Task> Operation, Func<Run, Task> After);

    private sealed record Outcome(CrashSwitch Operation, CrashSwitch Timers);

    private sealed class Run(CustodyScene scene)
    {
        public CustodyScene Scene { get; } = scene;

        public CustodyInstance Instance { get; set; } = scene.Start();

        public AppId Id { get; set; }

        public GrantedToken Before { get; set; } = null!;

        public string Due { get; set; } = "";

        public GrantedToken? Granted { get; set; }

        public bool Done { get; set; }
    }
}
