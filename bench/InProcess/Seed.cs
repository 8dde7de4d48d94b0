using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Custody.Applications;
using Gatehouse.Platform;
using Gatehouse.Usage;

namespace Gatehouse.Bench.InProcess;

/// <summary>Fills data folders.</summary>
internal static class Seed
{
    // So many that the store's transactions are full.
    private const int AtOnce = 256;
    private const int MessagesEach = 10;
    private const int AuditDays = 30;

    /// <summary>
    /// Creates applications at the embedded platform, each with secondary tokens. Writes a file with the newest token of each, and one
    /// with the master tokens, in random order. The master tokens are not in the vault.
    /// </summary>
    public static async Task ApplicationsAsync(
        string folder, int count, int tokens, string newestFile, string mastersFile, CancellationToken cancellation)
    {
        await using var product = new Product(folder);
        var platform = product.Get<IPlatform>();
        var (newest, masters) = (new string[count], new string[count]);
        await ForEachAsync(
            count,
            async (index, cancel) =>
            {
                var created = await platform.CreateAsync($"Application {index:D6}", cancel);
                newest[index] = masters[index] = created.Token.Reveal();
                for (var token = 0; token < tokens; token++)
                {
                    var issued = await platform.IssueTokenAsync(new ApplicationCredential(created.Id, created.Token), cancel);
                    newest[index] = issued.Token.Reveal();
                }
            },
            cancellation);
        Random.Shared.Shuffle(newest);
        await File.WriteAllLinesAsync(newestFile, newest, cancellation);
        await File.WriteAllLinesAsync(mastersFile, masters, cancellation);
    }

    /// <summary>Creates applications in custody as of yesterday, each with some messages of yesterday.</summary>
    public static async Task CustodyAsync(string folder, int count, CancellationToken cancellation)
    {
        var clock = new PastClock(TimeSpan.FromDays(1));
        await using var product = new Product(folder, clock);
        var (platform, recorder) = (product.Get<IPlatform>(), product.Get<UsageRecorder>());
        await ForEachAsync(
            count,
            async (index, cancel) =>
            {
                var created = await platform.CreateAsync($"Application {index:D6}", cancel);
                await recorder.RecordAsync(created.Id, Messages.Of(index, MessagesEach, clock), cancel);
            },
            cancellation);
        await product.Get<ApplicationSync>().RunAsync(askVault: true, cancellation);
    }

    /// <summary>Adds rows to the audit trail that are older than its retention.</summary>
    public static async Task AuditAsync(string folder, int count, CancellationToken cancellation)
    {
        var applications = Enumerable.Range(0, 1000).Select(_ => AppId.Generate()).ToArray();
        var caller = new Caller("bench", []);
        var each = (count + AuditDays - 1) / AuditDays;
        for (var (day, left) = (0, count); left > 0; day++, left -= each)
        {
            await using var product = new Product(folder, new PastClock(AuditTrail.Retention + TimeSpan.FromDays(1 + day)));
            var trail = product.Get<AuditTrail>();
            await ForEachAsync(
                Math.Min(each, left),
                (index, cancel) => new(trail.RefuseAsync(
                    new AuditCall(caller, Role.TokensIssue, "IssueToken", $"bench-{day}-{index}"), applications[index % applications.Length], cancel)),
                cancellation);
        }
    }

    private static Task ForEachAsync(int count, Func<int, CancellationToken, ValueTask> work, CancellationToken cancellation) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, work);
}
