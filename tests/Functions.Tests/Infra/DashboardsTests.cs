using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Telemetry;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The Azure workbook and the Grafana dashboard show the telemetry that the code has.</summary>
public sealed partial class DashboardsTests
{
    private const string WorkbookFile = "infra/workbooks/gatehouse.workbook.json";

    // The types of a workbook's items: parameters, a query, and metrics of Azure Monitor.
    private const int Parameters = 9;
    private const int Query = 3;
    private const int PlatformMetrics = 10;

    // What OpenTelemetry's translation for Prometheus appends to a name for its unit.
    private static readonly Dictionary<string, string> UnitSuffixes = new() { ["s"] = "_seconds", ["d"] = "_days" };

    private static readonly string WorkbookText = Repository.Read(WorkbookFile);
    private static readonly JsonElement Workbook = JsonElement.Parse(WorkbookText);
    private static readonly JsonElement Grafana = JsonElement.Parse(Repository.Read("infra/grafana/gatehouse.json"));

    private static IEnumerable<JsonElement> Panels => Grafana.GetProperty("panels").EnumerateArray();

    private static IReadOnlyList<string> Kql { get; } = [.. Items(Query).Select(item => Content(item, "query"))];

    private static IReadOnlyList<string> PromQl { get; } =
    [
        .. Panels.Where(IsNoRow).SelectMany(Targets).Select(target => Text(target, "expr")),
        .. Variables("query").Select(variable => Text(variable, "definition")),
    ];

    [Fact]
    public async Task The_workbook_shows_every_measure_and_names_no_measure_attribute_or_span_that_the_code_does_not_have()
    {
        var (spans, attributes) = await SpansAsync();

        var named = Kql.SelectMany(query => OwnName().Matches(query)).Select(name => name.Value).ToHashSet();
        Assert.Equal(
            Instruments().Select(instrument => instrument.Name).Order(StringComparer.Ordinal),
            named.Except(attributes).Order(StringComparer.Ordinal));

        var filters = Kql.SelectMany(query => NameFilter().Matches(query)).ToList();
        Assert.NotEmpty(filters);
        foreach (var filter in filters)
        {
            var isPrefix = filter.Groups[1].Value == "startswith";
            foreach (Match literal in Literal().Matches(filter.Groups[2].Value))
            {
                var name = literal.Groups[1].Value;
                var isKnown = named.Contains(name) || spans.Contains(name)
                    || (isPrefix && spans.Any(span => span.StartsWith(name, StringComparison.Ordinal)));
                Assert.True(isKnown, $"'{name}' is neither a measure nor a span.");
            }
        }
    }

    [Fact]
    public void The_Grafana_dashboard_shows_every_measure_and_names_no_other()
    {
        // A collector leaves out the unit where the name has it already; .NET's own exporter does not. The query takes both.
        var named = PromQl.SelectMany(query => PrometheusName().Matches(query.Replace("(_days)?", "", StringComparison.Ordinal)))
            .Select(name => name.Value).ToHashSet();
        var measures = Instruments();
        var hidden = measures.Where(measure => !PrometheusNames(measure).Any(named.Contains));

        Assert.Equal("", Lines(named.Except(measures.SelectMany(PrometheusNames)), "is not a measure"));
        Assert.Equal("", Lines(hidden.Select(measure => measure.Name), "is not shown"));
    }

    [Fact]
    public void Both_know_every_job_and_the_workbook_knows_its_period()
    {
        var inWorkbook = Kql.Where(query => query.Contains("datatable", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(inWorkbook);
        var jobs = KnownJobs.All.Select(job => (job.Name, KqlOf(job.Period())));
        Assert.All(inWorkbook, query => Assert.Equal(jobs, Job().Matches(query).Select(job => (job.Groups[1].Value, job.Groups[2].Value))));

        var inGrafana = PromQl.SelectMany(query => Operations().Matches(query)).Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(KnownJobs.All.Select(job => job.Name), Assert.Single(inGrafana).Split('|'));
    }

    [Fact]
    public async Task Every_query_of_the_workbook_is_valid_and_reads_only_the_tables_of_the_telemetry() =>
        Assert.Equal("", await NodeScript.RunAsync("tests/infra", "kql.mjs", WorkbookFile));

    [Fact]
    public void Every_part_has_a_title_and_no_id_is_used_twice()
    {
        var shown = Items(Query).Concat(Items(PlatformMetrics)).ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown, item => Assert.NotEqual("", Content(item, "title")));
        Assert.Equal("", Twice(Workbook.GetProperty("items").EnumerateArray().Select(item => Text(item, "name"))));
        Assert.Equal("", Twice(Items(PlatformMetrics).Select(item => Content(item, "chartId"))));
        Assert.Equal("", Twice(WorkbookParameters().Select(parameter => Text(parameter, "id"))));
        Assert.Equal("", Twice(WorkbookParameters().Select(parameter => Text(parameter, "name"))));

        Assert.All(Panels, panel => Assert.NotEqual("", Text(panel, "title")));
        Assert.All(Panels.Where(IsNoRow), panel => Assert.NotEqual("", Text(panel, "description")));
        Assert.Equal("", Twice(Panels.Select(panel => panel.GetProperty("id").GetRawText())));
    }

    [Fact]
    public void Sources_of_data_are_parameters()
    {
        Assert.DoesNotContain("/subscriptions/", WorkbookText, StringComparison.OrdinalIgnoreCase);
        Assert.All(Items(Query), item =>
        {
            var sources = item.GetProperty("content").GetProperty("crossComponentResources");
            Assert.Equal("{Insights}", Assert.Single(sources.EnumerateArray()).GetString());
        });
        var parameters = WorkbookParameters().Select(parameter => Text(parameter, "name")).ToList();
        Assert.All(Items(PlatformMetrics), item => Assert.Contains(Content(item, "resourceParameter"), parameters));

        // What the file leaves open, the Bicep module fills in.
        var module = Repository.Read("infra/bicep/modules/workbook.bicep");
        Assert.Equal(
            Placeholder().Matches(module).Select(match => match.Value).Order(StringComparer.Ordinal),
            Placeholder().Matches(WorkbookText).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));

        Assert.Contains(Variables("datasource"), variable => Text(variable, "name") == "datasource");
        Assert.All(
            Panels.Where(IsNoRow).SelectMany(panel => Targets(panel).Append(panel)).Concat(Variables("query")),
            part => Assert.Equal("${datasource}", Text(part.GetProperty("datasource"), "uid")));
    }

    private static string KqlOf(TimeSpan span) =>
        span.TotalDays >= 1 ? $"{span.TotalDays}d" : span.TotalHours >= 1 ? $"{span.TotalHours}h" : $"{span.TotalMinutes}m";

    private static List<Instrument> Instruments()
    {
        var found = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == Spans.Source) found.Add(instrument);
        };
        RuntimeHelpers.RunClassConstructor(typeof(Measures).TypeHandle);
        listener.Start();
        return found;
    }

    private static string[] PrometheusNames(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var suffix = UnitSuffixes.GetValueOrDefault(instrument.Unit ?? "", "");
        if (!name.Contains(suffix + "_", StringComparison.Ordinal)) name += suffix;
        return instrument switch
        {
            Histogram<double> or Histogram<int> => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            Counter<long> => [$"{name}_total"],
            _ => [name],
        };
    }

    // The spans of calls of the vault, the store and the hosted platform, and the names of their own attributes.
    private static async Task<(HashSet<string> Names, HashSet<string> Attributes)> SpansAsync()
    {
        var seen = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Spans.Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var platform = await RunningGatehouse.StartAsync();
        await using var gatehouse = await RunningGatehouse.StartHostedAsync(platform.Api.Address);

        var created = await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        // Without an exporter, the application traces neither its vault nor its store.
        var vault = new TracedSecretVault(gatehouse.Services.GetRequiredService<ISecretVault>());
        await vault.SetAsync("name", "value", null, default);
        await vault.GetOrAddAsync("name", "value", default);
        await vault.GetAsync("name", default);
        await vault.DeleteAsync("name", default);
        var store = new TracedTableStore(gatehouse.Services.GetRequiredService<ITableStore>());
        await store.CommitAsync("Audit", "partition", [RowChange.Put(new TableRow("row"))], default);

        return (
            seen.Select(span => span.OperationName).ToHashSet(),
            seen.SelectMany(span => span.TagObjects).Select(tag => tag.Key).ToHashSet());
    }

    private static IEnumerable<JsonElement> Items(int type) =>
        Workbook.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("type").GetInt32() == type);

    private static IEnumerable<JsonElement> WorkbookParameters() =>
        Items(Parameters).SelectMany(item => item.GetProperty("content").GetProperty("parameters").EnumerateArray());

    private static IEnumerable<JsonElement> Variables(string type) =>
        Grafana.GetProperty("templating").GetProperty("list").EnumerateArray().Where(variable => Text(variable, "type") == type);

    private static IEnumerable<JsonElement> Targets(JsonElement panel) => panel.GetProperty("targets").EnumerateArray();

    private static bool IsNoRow(JsonElement panel) => Text(panel, "type") != "row";

    private static string Content(JsonElement item, string member) => Text(item.GetProperty("content"), member);

    private static string Text(JsonElement owner, string member) =>
        owner.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Twice(IEnumerable<string> ids) =>
        Lines(ids.CountBy(id => id).Where(id => id.Value > 1).Select(id => id.Key), "is used twice");

    private static string Lines(IEnumerable<string> names, string fault) =>
        string.Join('\n', names.Select(name => $"'{name}' {fault}"));

    [GeneratedRegex(@"gatehouse(?:\.[a-z_]+)+")]
    private static partial Regex OwnName();

    [GeneratedRegex("gatehouse(?:_[a-z]+)+")]
    private static partial Regex PrometheusName();

    [GeneratedRegex(@"\bname (==|in|startswith) (\(""[^)]*\)|""[^""]*"")")]
    private static partial Regex NameFilter();

    [GeneratedRegex(@"""([^""]*)""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"""(\w+)"", (\d+[mhd])")]
    private static partial Regex Job();

    [GeneratedRegex(@"operation=~""([^""]+)""")]
    private static partial Regex Operations();

    [GeneratedRegex("__[A-Z]+_ID__")]
    private static partial Regex Placeholder();
}
