using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Gatehouse.Alerts;
using Gatehouse.Custody;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Telemetry;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>Compares tables, links and requests in the documents with the code and the files.</summary>
public sealed partial class DocumentsTests
{
    // Said by .NET and by the platform's contract, and a value.
    private static readonly string[] FromNet = ["address already in use", "missing"];

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
    public void Every_link_in_a_document_points_to_a_file_and_a_heading()
    {
        var links =
            from document in DocumentBlock.Documents
            from Match link in Link().Matches(Fenced().Replace(Repository.Read(document), ""))
            select (Document: document, Target: link.Groups[1].Value, Heading: link.Groups[2].Value);
        foreach (var (document, target, heading) in links)
        {
            var path = target.Length == 0 ? Repository.PathOf(document) : Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target);
            Assert.True(Path.Exists(path), $"{document} links to {target}, which is not there.");
            if (heading.Length > 0) Assert.True(Anchors(path).Contains(heading), $"{document} links to {target}#{heading}, and there is no such heading.");
        }
    }

    [Fact]
    public void The_index_lists_every_document()
    {
        var index = Repository.Read("docs/README.md");

        foreach (var document in DocumentBlock.Documents.Where(document => document.StartsWith("docs/", StringComparison.Ordinal) && document != "docs/README.md"))
            Assert.Contains($"]({Path.GetFileName(document)}", index, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_tables_lists_the_tables_in_the_code()
    {
        var named = Code().SelectMany(code => TableName().Matches(code)).Select(name => name.Groups[1].Value).Distinct();
        var storage = Repository.Read("docs/storage.md");
        var documented = from Match row in TableRow().Matches(storage[storage.IndexOf("## Tables", StringComparison.Ordinal)..]) select row.Groups[1].Value;

        Assert.Equal(named.Order(StringComparer.Ordinal), documented);
    }

    [Fact]
    public void Troubleshooting_explains_every_type_of_problem()
    {
        var explained = (from Match row in Symptom().Matches(Repository.Read("docs/troubleshooting.md"))
                         from Match quoted in Quoted().Matches(row.Groups[1].Value)
                         select quoted.Groups[1].Value).ToHashSet();

        Assert.Empty(typeof(ProblemNames).GetFields().Select(name => (string)name.GetRawConstantValue()!).Except(explained));
    }

    [Fact]
    public void Troubleshooting_quotes_what_the_code_says()
    {
        // Without the line breaks and joints within a message.
        var code = Joint().Replace(string.Concat(Code()), "");
        foreach (Match row in Symptom().Matches(Repository.Read("docs/troubleshooting.md")))
        {
            foreach (Match quoted in Quoted().Matches(row.Groups[1].Value))
            {
                foreach (var part in quoted.Groups[1].Value.Split('\u2026').Where(part => part.Length > 3 && !FromNet.Contains(part)))
                    Assert.True(code.Contains(part, StringComparison.Ordinal), $"Nothing in the code says '{part}'.");
            }
        }
    }

    [Fact]
    public void Documents_name_existing_settings()
    {
        var settings = KnownSettings.Names.Select(Numbered).ToList();
        foreach (var document in DocumentBlock.Documents)
        {
            foreach (Match setting in SettingName().Matches(Repository.Read(document)))
            {
                var name = Numbered(setting.Groups[1].Value);
                // The reference shows how a misspelled name is refused.
                if (name == "Storage__Pth" || name.StartsWith("Logging__", StringComparison.Ordinal)) continue;
                Assert.True(
                    name.EndsWith("...", StringComparison.Ordinal) || name.EndsWith('\u2026')
                        ? settings.Exists(one => one.StartsWith(name.TrimEnd('.', '\u2026'), StringComparison.Ordinal))
                        : settings.Exists(one => one == name || one.StartsWith($"{name}__", StringComparison.Ordinal)),
                    $"{document} names the setting {name}, which does not exist.");
            }
        }
    }

    // As in Ops__Callers__0__Roles__0.
    private static string Numbered(string setting) => ItemNumber().Replace(setting, "__0");

    private static IEnumerable<string> Code() =>
        from file in Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        select File.ReadAllText(file);

    // What a site makes of headings: lower case, without punctuation, with hyphens for spaces.
    private static IEnumerable<string> Anchors(string path) =>
        from Match heading in Heading().Matches(Fenced().Replace(File.ReadAllText(path), ""))
        select Punctuation().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-');

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

    [GeneratedRegex(@"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fenced();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\s-]")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"const string \w*Table = ""(\w+)""")]
    private static partial Regex TableName();

    [GeneratedRegex(@"^\| `([A-Z]\w+)`", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"^\| ([^|]*`[^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Symptom();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"""\s*\+\s*\$?""")]
    private static partial Regex Joint();

    [GeneratedRegex(@"`([A-Z][A-Za-z]+__[\w.\u2026]+)`")]
    private static partial Regex SettingName();

    [GeneratedRegex("__[NM0-9](?=__|$)")]
    private static partial Regex ItemNumber();
}
