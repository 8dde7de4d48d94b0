using FsCheck.Fluent;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

/// <summary>
/// Random calls of two instances over one store, some interrupted at a random step, while the clock advances. Every answer
/// holds, and after one timer run nothing is left unfinished.
/// </summary>
public sealed class CustodyModelTests
{
    private static readonly TimeSpan[] Durations =
        [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(20), TimeSpan.FromHours(3)];

    public enum Act
    {
        Create,
        Issue,
        Rotate,
        Revoke,
        Delete,
        RunTimers,
        Wait,
    }

    /// <summary>One step of a sequence.</summary>
    /// <param name="Act">The call.</param>
    /// <param name="Second">Whether the second instance makes it.</param>
    /// <param name="Pick">Selects the application, the token and durations.</param>
    /// <param name="InVault">Whether an issued token goes to the vault.</param>
    /// <param name="CrashAt">The step where it is interrupted; 0 for none.</param>
    public sealed record Command(Act Act, bool Second, int Pick, bool InVault, int CrashAt);

    [Fact]
    public async Task Any_sequence_of_calls_and_crashes_is_repaired_and_keeps_every_answer()
    {
        var command =
            from act in Gen.Frequency(
                (2, Gen.Constant(Act.Create)), (8, Gen.Constant(Act.Issue)), (6, Gen.Constant(Act.Rotate)), (3, Gen.Constant(Act.Revoke)),
                (1, Gen.Constant(Act.Delete)), (3, Gen.Constant(Act.RunTimers)), (4, Gen.Constant(Act.Wait)))
            from second in ArbMap.Default.GeneratorFor<bool>()
            from pick in Gen.Choose(0, 1000)
            from inVault in ArbMap.Default.GeneratorFor<bool>()
            from crashAt in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 8)))
            select new Command(act, second, pick, inVault, crashAt);
        await Properties.CheckAsync(command.ArrayOf(25), RunAsync, tests: 40);
    }

    private static async Task RunAsync(Command[] commands)
    {
        await using var scene = await CreateAsync();
        var model = new Model(scene);
        foreach (var command in commands) await model.DoAsync(command);
        await model.AssertAsync();
    }

    /// <summary>What was answered, and which of it may have been undone since by a call without an answer.</summary>
    private sealed class Model(CustodyScene scene)
    {
        private readonly CustodyInstance[] instances = [scene.Start(), scene.Start()];
        private readonly Dictionary<AppId, Dictionary<string, Granted>> answered = [];
        private readonly HashSet<AppId> maybeDeleted = [];
        private readonly HashSet<(AppId, string)> revoked = [];
        private int count;

        public async Task DoAsync(Command command)
        {
            var index = command.Second ? 1 : 0;
            var crash = await CrashSwitch.RunAsync(command.CrashAt, async () =>
            {
                try
                {
                    await DoAsync(command, instances[index]);
                }
                catch (CustodyException e) when (e.Fault is CustodyFault.Busy or CustodyFault.NoFreeSlot or CustodyFault.Deleting
                    or CustodyFault.TokenNotFound or CustodyFault.NotRotatable or CustodyFault.ApplicationNotFound)
                {
                    // Refused: another call holds the lock, or held it before.
                }
            });
            if (crash.HasCrashed) instances[index] = scene.Start();
        }

        public async Task AssertAsync()
        {
            scene.PassLocks();
            var (adoption, leases) = await instances[0].RunTimersAsync();
            Assert.Empty(adoption.Failures);
            Assert.DoesNotContain(leases.Failures, failure => failure.Error is not CustodyException { Fault: CustodyFault.NoFreeSlot });
            await scene.AssertReconciledAsync();
            var now = scene.Clock.GetUtcNow();
            foreach (var (id, tokens) in answered)
            {
                if (await instances[0].Applications.FindAsync(id, None) is null)
                {
                    Assert.Contains(id, maybeDeleted);
                    continue;
                }
                var live = (await scene.TokensAsync(id)).Select(token => token.Token.Fingerprint).ToHashSet();
                foreach (var (tokenId, granted) in tokens)
                {
                    if (granted.ExpiresAt <= now) Assert.DoesNotContain(tokenId, live);
                    else if (!granted.MayBeGone) Assert.Contains(tokenId, live);
                }
            }
            foreach (var (id, tokenId) in revoked)
            {
                if (await instances[0].Applications.FindAsync(id, None) is not null)
                    Assert.DoesNotContain(await scene.TokensAsync(id), token => token.Token.Fingerprint == tokenId);
            }
        }

        private async Task DoAsync(Command command, CustodyInstance instance)
        {
            var id = answered.Count == 0 ? default : answered.Keys.ElementAt(command.Pick % answered.Count);
            var tokens = answered.Count == 0 ? [] : answered[id];
            var token = tokens.Count == 0 ? null : tokens.Keys.ElementAt(command.Pick % tokens.Count);
            var duration = Durations[command.Pick % Durations.Length];
            switch (command.Act)
            {
                case Act.Wait:
                    scene.Clock.Advance(duration);
                    break;
                case Act.RunTimers:
                    await instance.RunTimersAsync();
                    break;
                case Act.Create when answered.Count < 2:
                    answered.Add((await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id, []);
                    break;
                case Act.Issue when answered.Count > 0:
                    await IssueAsync(command, instance, id, duration);
                    break;
                case Act.Rotate when token is not null:
                    // From here on the old token may be replaced, whether the call is answered or not.
                    tokens[token] = tokens[token] with { MayBeGone = true };
                    var rotated = await instance.Leases.RotateAsync(id, token, duration, Owner, None);
                    tokens[rotated.TokenId] = tokens[token] with { MayBeGone = tokens[token].Rotates };
                    break;
                case Act.Revoke when token is not null:
                    // All tokens of the lease are revoked with it.
                    foreach (var one in tokens.Keys.Where(one => tokens[one].Label == tokens[token].Label).ToList()) tokens[one] = tokens[one] with { MayBeGone = true };
                    await instance.Leases.RevokeAsync(id, token, None);
                    revoked.Add((id, token));
                    break;
                case Act.Delete when answered.Count > 0:
                    maybeDeleted.Add(id);
                    await instance.Applications.DeleteAsync(id, "application", None);
                    Assert.Null(await instance.Applications.FindAsync(id, None));
                    break;
                default:
                    break;
            }
        }

        private async Task IssueAsync(Command command, CustodyInstance instance, AppId id, TimeSpan duration)
        {
            var delivery = command.InVault ? TokenDelivery.Vault : TokenDelivery.Response;
            TimeSpan? expiresIn = command.Pick % 3 == 0 ? duration : null;
            TimeSpan? rotateEvery = command.InVault && command.Pick % 2 == 0 ? TimeSpan.FromMinutes(30) : null;
            var granted = await instance.Leases.IssueAsync(
                id, new LeaseRequest($"label-{count++}", "owner", delivery, expiresIn, rotateEvery), None);
            var rotates = rotateEvery is not null;
            answered[id].Add(granted.TokenId, new Granted(granted.Label, granted.ExpiresAt, MayBeGone: rotates, rotates));
        }

        private sealed record Granted(string Label, DateTimeOffset? ExpiresAt, bool MayBeGone, bool Rotates);
    }
}
