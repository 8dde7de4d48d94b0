using System.Diagnostics;
using System.Globalization;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

/// <summary>A real process is killed with SIGKILL at each step of a story, and another one runs the timers.</summary>
public sealed class CustodyKillTests
{
    private const int Finished = 0;
    private const int Killed = 128 + 9;
    private const int AtOnce = 2;

    [Fact]
    public async Task One_timer_run_repairs_a_kill_at_any_step()
    {
        var steps = await CountStepsAsync();
        Assert.InRange(steps, 20, 100);
        await Parallel.ForEachAsync(
            Enumerable.Range(1, steps), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (step, _) => await KillAsync(step));
    }

    /// <summary>The other process. It reports its answers, and is killed at a step.</summary>
    public static async Task<int> TellAsync(string folder, int step)
    {
        await using var scene = await CreateAsync(folder);
        CrashSwitch.KillsProcess = true;
        await CrashSwitch.RunAsync(step, () => TellAsync(scene, Console.WriteLine));
        return Finished;
    }

    private static async Task TellAsync(CustodyScene scene, Action<string> tell)
    {
        var instance = scene.Start();
        var id = (await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;
        tell($"created {id}");
        var issued = await instance.Leases.IssueAsync(id, new LeaseRequest("label", "owner", TokenDelivery.Vault), None);
        tell($"issued {issued.TokenId}");
        var rotated = await instance.Leases.RotateAsync(id, issued.TokenId, TimeSpan.FromHours(1), Owner, None);
        tell($"rotated {rotated.TokenId}");
        await instance.Leases.RevokeAsync(id, issued.TokenId, None);
        tell($"revoked {issued.TokenId}");
        await instance.Applications.DeleteAsync(id, "application", None);
        tell($"deleted {id}");
    }

    private static async Task<int> CountStepsAsync()
    {
        await using var scene = await CreateAsync();
        return (await CrashSwitch.RunAsync(0, () => TellAsync(scene, _ => { }))).Reached.Count;
    }

    private static async Task KillAsync(int step)
    {
        using var folder = new TemporaryFolder();
        var answers = await ReadAnswersAsync(folder.Path, step);
        await using var scene = await CreateAsync(folder.Path);
        scene.PassLocks();
        var instance = scene.Start();
        var (adoption, leases) = await instance.RunTimersAsync();
        Assert.Empty(adoption.Failures);
        Assert.Empty(leases.Failures);
        await scene.AssertReconciledAsync();

        if (answers.GetValueOrDefault("created") is not { } created) return;
        var id = AppId.TryParse(created)!.Value;
        if (await instance.Applications.FindAsync(id, None) is null)
        {
            // Only a deletion that was begun removes it, and that comes after the revocation.
            Assert.Contains("revoked", answers.Keys);
            return;
        }
        Assert.DoesNotContain("deleted", answers.Keys);
        var tokens = (await instance.Leases.ListAsync(id, None)).Tokens;
        if (answers.TryGetValue("rotated", out var rotated))
            Assert.Contains(tokens, token => token.TokenId == rotated && token.State == TokenState.Active);
        else if (answers.TryGetValue("issued", out var issued))
            Assert.Contains(tokens, token => token.TokenId == issued);
        if (answers.TryGetValue("revoked", out var revoked)) Assert.DoesNotContain(tokens, token => token.TokenId == revoked);
    }

    private static async Task<Dictionary<string, string>> ReadAnswersAsync(string folder, int step)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(CustodyKillTests).Assembly.Location, "custody", folder, step.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(Killed, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(line => line[0], line => line[1]);
    }
}
