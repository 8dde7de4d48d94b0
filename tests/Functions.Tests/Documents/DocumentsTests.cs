using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Gatehouse.Alerts;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Telemetry;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>Compares tables, links and requests in the documents with the code and the files.</summary>
public sealed partial class DocumentsTests
{
    [Fact]
    public void The_route_table_lists_the_functions()
    {
        var documented =
            from Match row in RouteRow().Matches(Repository.Read("docs/reference.md"))
            select (Request: row.Groups[1].Value, Name: row.Groups[2].Value, File: row.Groups[3].Value);
        var served =
            from route in FunctionRoute.All
            select (
                Request: route.Name == FunctionRoute.Unknown ? "any other" : $"`{route.Method} /{route.Route}`",
                route.Name,
                File: $"../src/Functions/{route.Function.DeclaringType!.Namespace!.Split('.')[^1]}/{route.Function.DeclaringType.Name}.cs");

        Assert.Equal(served.Order(), documented.Order());
    }

    [Fact]
    public void The_settings_table_lists_the_settings()
    {
        var documented = from Match row in SettingRow().Matches(Repository.Read("docs/reference.md")) select row.Groups[1].Value;

        Assert.Equal(KnownSettings.Names.Order(), documented.Order());
    }

    [Fact]
    public void Every_type_of_alert_is_documented()
    {
        var types = typeof(AlertTypes).GetFields().Select(type => (string)type.GetRawConstantValue()!);
        var documented = from Match row in AlertRow().Matches(Repository.Read("docs/alerts.md")) select row.Groups[1].Value;
        Assert.Equal(types.Order(), documented.Order());
    }

    [Fact]
    public void Every_measure_is_documented()
    {
        var measures = typeof(Measures).GetFields().Select(field => ((Instrument)field.GetValue(null)!).Name);
        var documented = from Match measure in Measure().Matches(Repository.Read("docs/telemetry.md")) select measure.Value;
        Assert.Equal(measures.Order(), documented.Order());
    }

    [Fact]
    public void Requests_http_calls_every_function_and_nothing_else()
    {
        var called = (from Match request in Request().Matches(Repository.Read("requests.http"))
                      select (Method: request.Groups[1].Value, Path: request.Groups[2].Value)).ToList();

        foreach (var (method, path) in called) Assert.Contains(FunctionRoute.All, route => route.Fits(method, path));
        foreach (var route in FunctionRoute.All.Where(route => route.Name != FunctionRoute.Unknown))
            Assert.True(called.Any(call => route.Fits(call.Method, call.Path)), $"requests.http does not call {route.Name}.");
    }

    [Fact]
    public void Every_link_in_a_document_points_to_a_file()
    {
        var links =
            from document in DocumentBlock.Documents
            from Match link in Link().Matches(Repository.Read(document))
            select (Document: document, Target: link.Groups[1].Value);
        foreach (var (document, target) in links)
        {
            var path = Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target);
            Assert.True(Path.Exists(path), $"{document} links to {target}, which is not there.");
        }
    }

    [GeneratedRegex(@"^\| (`[A-Z]+ /[^`]*`|any other) \| \[(\w+)\]\(([^)]+)\)", RegexOptions.Multiline)]
    private static partial Regex RouteRow();

    [GeneratedRegex(@"^\| `([A-Za-z0-9_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^(?:# )?(GET|POST|PUT|DELETE) \{\{address\}\}(\S+)", RegexOptions.Multiline)]
    private static partial Regex Request();

    [GeneratedRegex(@"^\| `([a-z_]+\.[a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"(?<=^\| .*`)gatehouse\.(?!table|changes|outcome)[a-z_.]+(?=`)", RegexOptions.Multiline)]
    private static partial Regex Measure();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)")]
    private static partial Regex Link();
}
