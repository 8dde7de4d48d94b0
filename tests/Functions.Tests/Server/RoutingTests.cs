using System.Net;
using Gatehouse.Functions.Observability;
using Gatehouse.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Which function answers a request.</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("GET", "things/list", "literal")]
    [InlineData("GET", "THINGS/LIST", "literal")]
    [InlineData("GET", "things/abc", "parameter abc")]
    [InlineData("GET", "things/a%20%C3%A9%3F", "parameter a é?")]
    [InlineData("GET", "things/42", "number 42")]
    [InlineData("GET", "things/42/", "number 42")]
    [InlineData("GET", "things/a/b/c", "rest a/b/c")]
    [InlineData("GET", "things", "rest ")]
    [InlineData("GET", "nothing", "any GET nothing")]
    public async Task The_most_specific_route_answers(string method, string path, string answer)
    {
        await using var host = await TestHost.StartAsync<Things>();
        Assert.Equal((HttpStatusCode.OK, answer), await SendAsync(host, method, path));
    }

    [Theory]
    [InlineData("PUT", "things/list", "any PUT things/list")]
    [InlineData("POST", "things/list", "posted list")]
    [InlineData("HEAD", "things/list", "")]
    public async Task A_request_whose_method_a_route_does_not_take_goes_to_the_next_route(string method, string path, string answer)
    {
        await using var host = await TestHost.StartAsync<Things>();
        Assert.Equal((HttpStatusCode.OK, answer), await SendAsync(host, method, path));
    }

    [Theory]
    [InlineData("DELETE", "Alone")]
    [InlineData("HEAD", "Alone")]
    [InlineData("OPTIONS", "Alone")]
    [InlineData("GET", "alone/more")]
    [InlineData("GET", "")]
    public async Task A_request_that_no_function_takes_is_an_empty_404_and_never_405(string method, string path)
    {
        await using var host = await TestHost.StartAsync<Defaults>();
        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(response.Content.Headers.Allow);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Without_a_template_the_route_is_the_functions_name()
    {
        await using var host = await TestHost.StartAsync<Defaults>();
        Assert.Equal((HttpStatusCode.OK, "alone"), await SendAsync(host, "GET", "alone"));
    }

    [Theory]
    [InlineData("typed/7/8/true/0f8fad5b-d9cb-469f-a165-70867728950e/1.5", "7 8 True 0f8fad5b-d9cb-469f-a165-70867728950e 1.5")]
    [InlineData("optional", "null 5 none")]
    [InlineData("optional/3", "3 5 none")]
    [InlineData("optional/3/4/x", "3 4 x")]
    public async Task Route_values_become_what_the_parameters_are(string path, string answer)
    {
        await using var host = await TestHost.StartAsync<Typed>();
        Assert.Equal((HttpStatusCode.OK, answer), await SendAsync(host, "GET", path));
    }

    [Theory]
    [InlineData("optional/secret")]
    [InlineData("typed/7/8/yes/0f8fad5b-d9cb-469f-a165-70867728950e/1.5")]
    [InlineData("typed/7/99999999999999999999/true/0f8fad5b-d9cb-469f-a165-70867728950e/1.5")]
    public async Task A_route_value_that_a_parameter_cannot_take_is_an_empty_500(string path)
    {
        await using var host = await TestHost.StartAsync<Typed>(builder => builder.Services.AddRequestLogFilter());
        Assert.Equal((HttpStatusCode.InternalServerError, ""), await SendAsync(host, "GET", path));
        Assert.Single(host.Logs.Lines, line => line.Contains("route's value", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", host.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_functions_of_an_assembly_are_found()
    {
        var builder = new ServerBuilder([new("Urls", "http://127.0.0.1:0")], typeof(RoutingTests).Assembly);
        await using var app = (WebApplication)builder.Build();
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints);
        Assert.Contains(endpoints, endpoint => endpoint.DisplayName == nameof(FoundByAssembly));
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(TestHost host, string method, string path)
    {
        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    internal sealed class Things
    {
        [Function("Rest")]
        public static IResult Rest(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{*path}")] HttpRequest request, string? path) =>
            Results.Text($"rest {path}");

        [Function("Parameter")]
        public static IResult Parameter(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{name}")] HttpRequest request, string name) =>
            Results.Text($"parameter {name}");

        [Function("Posted")]
        public static IResult Posted(
            [HttpTrigger(AuthorizationLevel.Anonymous, "POST", Route = "things/{id}")] HttpRequest request, string id) =>
            Results.Text($"posted {id}");

        [Function("Number")]
        public static IResult Number(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "/things/{number:int}")] HttpRequest request, int number) =>
            Results.Text($"number {number}");

        [Function("Literal")]
        public static IResult Literal(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/list")] HttpRequest request) =>
            Results.Text("literal");

        [Function("Any")]
        public static IResult Any(
            [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request, string path) =>
            Results.Text($"any {request.Method} {path}");
    }

    internal sealed class Defaults
    {
        [Function("Alone")]
        public static IResult Alone([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post")] HttpRequest request) =>
            Results.Text("alone");
    }

    internal sealed class Typed
    {
        [Function("Types")]
        public static IResult Types(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "typed/{one}/{two}/{three}/{four}/{five}")] HttpRequest request,
            int one, long two, bool three, Guid four, double five) =>
            Results.Text(FormattableString.Invariant($"{one} {two} {three} {four} {five}"));

        [Function("Optional")]
        public static IResult Optional(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "optional/{one?}/{two=5}/{three?}")] HttpRequest request,
            int? one, int two, string three = "none") =>
            Results.Text($"{one?.ToString() ?? "null"} {two} {three}");
    }
}

/// <summary>The only function in this assembly's public classes.</summary>
public static class FoundByAssembly
{
    [Function(nameof(FoundByAssembly))]
    public static IResult Answer([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Ok(request.Path);
}
