using System.Text.Json;
using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>The timers that are measured.</summary>
internal static class Jobs
{
    private const int PageSize = 100;

    /// <summary>The first adoption of applications that were created at the platform, outside the facade.</summary>
    public static JobTime Adoption { get; } = new()
    {
        Name = "adopt",
        What = "first adoption",
        Job = "AdoptApplications",
        Unit = "applications",
        CountOf = options => options.AdoptApplications,
        SeedAsync = (rig, build, folder, count, cancellation) => Rig.RunInProcessAsync(
            build, ["applications", folder, $"{count}", "0", rig.NewPath("tokens"), rig.NewPath("masters")], cancellation),
        CheckAsync = async (client, count, cancellation) =>
        {
            var found = 0;
            for (var next = (string?)""; next is not null;)
            {
                var page = JsonElement.Parse(await client.FacadeAsync(
                    HttpMethod.Get, $"/ops/v1/applications?limit={PageSize}{(next.Length == 0 ? "" : $"&token={Uri.EscapeDataString(next)}")}", null, cancellation));
                found += page.GetProperty("applications").GetArrayLength();
                next = page.GetProperty("next").GetString() is { Length: > 0 } token ? token : null;
            }
            if (found != count) throw new BenchException($"{found} of {count} applications are in custody.");
        },
        TimesTheOther = 3,
    };

    /// <summary>The nightly run of the archive with the embedded platform, over applications that were created yesterday.</summary>
    public static JobTime Archive { get; } = new()
    {
        Name = "archive-embedded",
        What = "archive run, embedded platform, one day",
        Job = "ArchiveMessageCounts",
        Unit = "applications",
        CountOf = options => options.ArchiveApplications,
        SeedAsync = (_, build, folder, count, cancellation) => Rig.RunInProcessAsync(build, ["custody", folder, $"{count}"], cancellation),
        CheckAsync = async (client, count, cancellation) =>
        {
            var run = JsonElement.Parse(await client.FacadeAsync(HttpMethod.Get, "/ops/v1/daily_counts/runs", null, cancellation))
                .GetProperty("runs")[0];
            if (run.GetProperty("days_written").GetInt64() < count || run.GetProperty("failed").GetInt32() > 0)
                throw new BenchException($"The archive is not complete: {run}");
        },
        TimesTheOther = 3,
    };

    /// <summary>The deletion of audit rows that are older than the retention.</summary>
    public static JobTime Purge { get; } = new()
    {
        Name = "purge",
        What = "purge of audit rows",
        Job = "PurgeCalls",
        Unit = "rows",
        CountOf = options => options.AuditRows,
        SeedAsync = (_, build, folder, count, cancellation) => Rig.RunInProcessAsync(build, ["audit", folder, $"{count}"], cancellation),
        CheckAsync = async (client, _, cancellation) =>
        {
            var page = JsonElement.Parse(await client.FacadeAsync(HttpMethod.Get, "/ops/v1/audit?limit=1", null, cancellation));
            if (page.GetProperty("entries").GetArrayLength() > 0) throw new BenchException($"Rows are left: {page}");
        },
        MostRuns = 1,
    };
}
