using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
using Gatehouse.Jobs;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The alerts of a deployment, and the cap of its logs.</summary>
[Collection(nameof(Deployments))]
public sealed partial class DeploymentAlertsTests(Deployments deployments)
{
    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void A_job_that_has_not_run_in_twice_its_period_or_after_an_hour_s_run_fires_an_alert(string deployment)
    {
        var queries = deployments.Of(deployment, "Microsoft.Insights/scheduledQueryRules")
            .Where(rule => rule.GetProperty("name").GetString()!.Contains("job-overdue", StringComparison.Ordinal))
            .Select(rule => Deployments.At(rule, "properties.criteria.allOf")[0].GetProperty("query").GetString()!).ToList();
        var allowed = (from query in queries from Match row in AllowedTime().Matches(query) select (row.Groups[1].Value, row.Groups[2].Value)).Order();
        var wanted = KnownJobs.All.Select(job => (job.Name, Short(Allowed(job))));
        Assert.Equal(wanted.Order(), allowed);
        Assert.All(queries, query => Assert.Contains("gatehouse.call.duration", query, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_queries_are_valid_and_read_only_the_tables_of_the_telemetry()
    {
        var rules = deployments.Of("prod", "Microsoft.Insights/scheduledQueryRules").Select(rule => new
        {
            type = 3,
            name = rule.GetProperty("name").GetString(),
            content = new { query = Deployments.At(rule, "properties.criteria.allOf")[0].GetProperty("query").GetString() },
        });
        using var folder = new TemporaryFolder();
        // In the form of a workbook, which the script reads.
        await File.WriteAllTextAsync(folder["rules.json"], JsonSerializer.Serialize(new { items = rules }));
        Assert.Equal("", await NodeScript.RunAsync("tests/infra", "kql.mjs", folder["rules.json"]));
    }

    [Fact]
    public void There_are_alerts_for_failures_throttling_and_availability()
    {
        string[] rules = ["credential-warnings", "daily-job-overdue", "failed-jobs", "job-overdue", "server-errors"];
        string[] always = ["tables-throttle-0", "tables-throttle-1", "vault-throttles"];
        Assert.Equal(rules, NamesOf("prod", "Microsoft.Insights/scheduledQueryRules"));
        Assert.Equal(always, NamesOf("prod", "Microsoft.Insights/metricAlerts"));
        Assert.Equal(rules, NamesOf("dev", "Microsoft.Insights/scheduledQueryRules"));
        // Azure cannot call the address of an app that has a private endpoint only.
        Assert.Equal(always.Append("unavailable").Order(), NamesOf("dev", "Microsoft.Insights/metricAlerts"));
        Assert.Single(deployments.Of("dev", "Microsoft.Insights/webtests"));
        foreach (var deployment in (string[])["dev", "prod"])
        {
            var all = deployments.Of(deployment, "Microsoft.Insights/scheduledQueryRules").Concat(deployments.Of(deployment, "Microsoft.Insights/metricAlerts"));
            Assert.All(all, rule => Assert.Contains("actionGroups", Deployments.At(rule, "properties.actions").GetRawText(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_operations_guide_explains_exactly_these_alerts()
    {
        var fired = ((string[])["dev", "prod"]).SelectMany(deployment =>
            NamesOf(deployment, "Microsoft.Insights/scheduledQueryRules").Concat(NamesOf(deployment, "Microsoft.Insights/metricAlerts"))).Distinct();
        var guide = Repository.Read("docs/operations.md");
        var section = guide[guide.IndexOf("## Azure's alerts", StringComparison.Ordinal)..guide.IndexOf("## Gatehouse's alerts", StringComparison.Ordinal)];
        var explained = from Match row in AlertRow().Matches(section) from Match name in CodeText().Matches(row.Value) select name.Groups[1].Value;
        Assert.Equal(fired.Order(), explained.Order());
    }

    [Fact]
    public void The_logs_of_a_day_can_be_capped()
    {
        Assert.Equal(1, Deployments.At(Assert.Single(deployments.Of("dev", "Microsoft.OperationalInsights/workspaces")), "properties.workspaceCapping.dailyQuotaGb").GetInt32());
        Assert.Equal(-1, Deployments.At(Assert.Single(deployments.Of("prod", "Microsoft.OperationalInsights/workspaces")), "properties.workspaceCapping.dailyQuotaGb").GetInt32());
    }

    private IEnumerable<string> NamesOf(string deployment, string type) =>
        deployments.Of(deployment, type).Select(one => one.GetProperty("name").GetString()!).Select(name => name[..name.IndexOf("-gatehouse-", StringComparison.Ordinal)]).Order();

    // A run takes an hour at most, and a background job can wait for one.
    private static TimeSpan Allowed(IJob job) => job.Kind == JobKind.Urgent || job.Period() > JobFunctions.HostLimit
        ? 2 * job.Period() : job.Period() + JobFunctions.HostLimit;

    private static string Short(TimeSpan span) => span.Minutes == 0 ? $"{span.TotalHours}h" : $"{span.TotalMinutes}m";

    [GeneratedRegex(@"^\| `[^|]*\|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeText();

    [GeneratedRegex(@"""(\w+)"", (\d+[mh])")]
    private static partial Regex AllowedTime();
}
