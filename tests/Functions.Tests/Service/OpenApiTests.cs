using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Tests.Ops;
using Gatehouse.Tests;
using Microsoft.OpenApi;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>The OpenAPI document matches the functions: routes, parameters, roles and examples.</summary>
public abstract partial class OpenApiTests(Head head)
{
    private static readonly ApiDocument Document = ApiDocument.Own;

    [Fact]
    public void It_is_valid_OpenAPI_3_1()
    {
        using var reading = new MemoryStream(Functions.Service.OpenApiDocument.Bytes.ToArray());
        var read = Microsoft.OpenApi.OpenApiDocument.Load(reading, OpenApiConstants.Json);

        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.Equal(Document.Operations.Count(), read.Document!.Paths.Sum(path => path.Value.Operations!.Count));
    }

    [Fact]
    public async Task It_is_served_without_credentials()
    {
        await using var gatehouse = await head.StartAsync();
        var served = (await gatehouse.Api.GetAsync("/openapi.json", Credential.None)).Ok();
        Assert.True(JsonElement.DeepEquals(Document.Root, served));
    }

    [Fact]
    public void Its_operations_are_the_functions()
    {
        var documented =
            from one in Document.Operations
            select $"{one.Method} {one.Path} {one.Operation.GetProperty("operationId").GetString()}";
        var served =
            from route in FunctionRoute.All
            where route.Name != FunctionRoute.Unknown
            select $"{route.Method} /{route.Route} {route.Name}";

        Assert.Equal(served.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_path_parameters_are_those_of_the_path_and_a_POST_of_the_facade_takes_an_Idempotency_Key()
    {
        foreach (var (path, method, operation) in Document.Operations)
        {
            var parameters = Document.Parameters(path, operation)
                .Select(parameter => (Name: parameter.GetProperty("name").GetString()!, In: parameter.GetProperty("in").GetString())).ToList();
            Assert.Equal(
                Parameter().Matches(path).Select(match => match.Groups[1].Value).Order(),
                parameters.Where(parameter => parameter.In == "path").Select(parameter => parameter.Name).Order());
            var isKeyed = method == "POST" && path.StartsWith("/ops/", StringComparison.Ordinal);
            Assert.True(isKeyed == parameters.Contains(("Idempotency-Key", "header")), $"{method} {path}");
        }
    }

    [Fact]
    public void The_facade_s_query_parameters_are_those_that_the_gate_takes()
    {
        foreach (var (path, _, operation) in Document.Operations.Where(one => one.Path.StartsWith("/ops/", StringComparison.Ordinal)))
        {
            var name = operation.GetProperty("operationId").GetString()!;
            var documented = Document.Parameters(path, operation).Where(parameter => parameter.GetProperty("in").GetString() == "query")
                .Select(parameter => parameter.GetProperty("name").GetString()!).Where(parameter => parameter != KnownNames.DryRun);
            Assert.Equal((name, string.Join(' ', KnownNames.Parameters[name].Order())), (name, string.Join(' ', documented.Order())));
        }
    }

    [Fact]
    public void Its_roles_are_those_that_the_gate_demands()
    {
        var documented = Document.Operations.Where(one => one.Operation.TryGetProperty("x-required-role", out _)).ToDictionary(
            one => one.Operation.GetProperty("operationId").GetString()!, one => one.Operation.GetProperty("x-required-role").GetString()!);
        Assert.Equal(RolesTests.RoleNamesByOperation.OrderBy(one => one.Key), documented.OrderBy(one => one.Key));
    }

    [Fact]
    public void Its_examples_fit_its_schemas_and_its_types_of_problem_are_documented()
    {
        var types = DocumentedProblems();
        foreach (var (path, method, operation) in Document.Operations)
        {
            var contents = operation.GetProperty("responses").EnumerateObject().Select(response => Document.Follow(response.Value)).ToList();
            foreach (Match type in contents.SelectMany(response => ProblemType().Matches(response.GetProperty("description").GetString()!)))
                Assert.Contains(type.Groups[1].Value, types);
            if (operation.TryGetProperty("requestBody", out var body)) contents.Add(body);
            foreach (var media in contents.Where(one => one.TryGetProperty("content", out _)).SelectMany(one => one.GetProperty("content").EnumerateObject()))
            {
                if (!media.Value.TryGetProperty("example", out var example)) continue;
                Assert.Null(Document.Fault(media.Value.GetProperty("schema"), example, $"{method} {path}"));
            }
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_component_is_used()
    {
        var text = Document.Root.GetRawText();
        var used = Reference().Matches(text).Select(match => match.Groups[1].Value).ToHashSet();
        var there = Document.Root.GetProperty("components").EnumerateObject()
            .Where(kind => kind.Name != "securitySchemes")
            .SelectMany(kind => kind.Value.EnumerateObject().Select(one => $"{kind.Name}/{one.Name}"));
        Assert.Equal(there.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    internal static IReadOnlySet<string> DocumentedProblems() =>
        (from Match row in ProblemRow().Matches(Repository.Read("docs/facade.md"))
         from Match type in ProblemType().Matches(row.Groups[1].Value)
         select type.Groups[1].Value).ToHashSet();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("`([a-z][a-z-]+)`")]
    private static partial Regex ProblemType();

    [GeneratedRegex(@"^\| ((?:`[a-z-]+`(?:, )?)+) \| (?:\d{3}(?:, )?)+ \|", RegexOptions.Multiline)]
    private static partial Regex ProblemRow();

    [GeneratedRegex("#/components/(\\w+/\\w+)")]
    private static partial Regex Reference();
}

public sealed class OpenApiOnServerTests() : OpenApiTests(Head.Server);

public sealed class OpenApiOnFunctionsHostTests() : OpenApiTests(Head.FunctionsHost);
