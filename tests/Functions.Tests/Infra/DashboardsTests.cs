using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Timers;
using Gatehouse.Telemetry;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The Azure workbook and the Grafana dashboard show the measures that there are, and no others.</summary>
public sealed partial class DashboardsTests
{
    // Commits share a transaction on SQLite only.
    private static readonly string[] NotInAzure = ["gatehouse.store.group_size"];

    private static readonly string Workbook = Repository.Read("infra/workbooks/gatehouse.json");
    private static readonly string Grafana = Repository.Read("infra/grafana/gatehouse.json");

    private static IReadOnlyList<Instrument> Instruments { get; } =
        [.. typeof(Measures).GetFields().Select(field => field.GetValue(null)).OfType<Instrument>()];

    [Fact]
    public void The_workbook_shows_every_measure_and_no_other()
    {
        var shown = from Match name in MeasureName().Matches(Workbook) select name.Value;
        Assert.Equal(Instruments.Select(one => one.Name).Except(NotInAzure).Order(), shown.Distinct().Order());
    }

    [Fact]
    public void The_dashboard_shows_every_measure_and_no_other()
    {
        var shown = from Match name in SeriesName().Matches(Grafana) select HistogramPart().Replace(name.Value, "");
        Assert.Equal(Instruments.Select(SeriesOf).Order(), shown.Distinct().Order());
    }

    [Fact]
    public void The_workbook_has_a_title_for_every_query_reads_known_tables_and_names_every_timer()
    {
        var items = JsonElement.Parse(Workbook).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(items.Count, items.Select(item => item.GetProperty("name").GetString()).Distinct().Count());
        foreach (var content in items.Where(item => item.GetProperty("type").GetInt32() is 3 or 10).Select(item => item.GetProperty("content")))
        {
            Assert.NotEqual("", content.GetProperty("title").GetString());
            if (content.TryGetProperty("query", out var query))
                Assert.Matches(@"^(customMetrics|requests|dependencies|datatable)\b", query.GetString()!);
        }
        var timers = typeof(IJob).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IJob))).Select(type => type.Name);
        Assert.All(timers, timer => Assert.Contains(timer, Workbook, StringComparison.Ordinal));
        Assert.All(timers, timer => Assert.Contains(timer, Grafana, StringComparison.Ordinal));
    }

    [Fact]
    public void The_dashboard_has_a_title_and_a_source_for_every_panel()
    {
        var panels = JsonElement.Parse(Grafana).GetProperty("panels").EnumerateArray().ToList();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        foreach (var panel in panels.Where(panel => panel.GetProperty("type").GetString() != "row"))
        {
            Assert.NotEqual("", panel.GetProperty("title").GetString());
            Assert.All(
                panel.GetProperty("targets").EnumerateArray(),
                target => Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString()));
        }
    }

    // The name under which OpenTelemetry gives a measure to Prometheus.
    private static string SeriesOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "d" => "_days", _ => "" };
        return instrument.Name.Replace('.', '_') + unit + (instrument is Counter<long> ? "_total" : "");
    }

    [GeneratedRegex(@"gatehouse(\.[a-z_]+)+")]
    private static partial Regex MeasureName();

    [GeneratedRegex(@"gatehouse_[a-z_]+")]
    private static partial Regex SeriesName();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramPart();
}
