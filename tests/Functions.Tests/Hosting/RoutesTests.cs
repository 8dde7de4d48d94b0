using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.FunctionsHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// A request for a function's own route and method reaches it, with both kinds of routing: the Functions host tries functions in
/// the order of their names, and the server uses ASP.NET Core's precedence.
/// </summary>
public sealed partial class RoutesTests
{
    private static readonly FunctionRouter<string> ByName = RouterByName(FunctionRoute.All);
    private static readonly Func<string, string, Task<string?>> ByPrecedence = RouterByPrecedence();

    public static TheoryData<string, string, string> Requests
    {
        get
        {
            var requests = new TheoryData<string, string, string>();
            foreach (var route in FunctionRoute.All) requests.Add(route.Name, MethodOf(route), PathOf(route));
            return requests;
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_function_is_reached_when_routes_are_tried_by_name(string function, string method, string path) =>
        Assert.Equal(function, Find(ByName, method, path));

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_function_is_reached_when_routes_have_precedence(string function, string method, string path) =>
        Assert.Equal(function, await ByPrecedence(method, path));

    [Fact]
    public void The_check_finds_a_catch_all_that_does_not_sort_last()
    {
        var hidden = RouterByName(FunctionRoute.All.Select(
            route => route.Name == FunctionRoute.Unknown ? route with { Name = "RefuseUnknownUrl" } : route));
        Assert.Equal("RefuseUnknownUrl", Find(hidden, "GET", "/v3/applications/info"));
    }

    [Fact]
    public void No_field_that_a_caller_sends_can_become_a_parameter()
    {
        // The worker fills a parameter that is not the trigger with the field of that name in the request's route, query or
        // body. A timer has no request.
        foreach (var function in FunctionRoute.Functions)
        {
            var route = FunctionRoute.Trigger<HttpTriggerAttribute>(function)?.Route;
            foreach (var parameter in function.GetParameters())
            {
                Assert.True(
                    parameter.GetCustomAttribute<HttpTriggerAttribute>() is not null
                    || parameter.GetCustomAttribute<TimerTriggerAttribute>() is not null
                    || (route is null && parameter.ParameterType == typeof(CancellationToken))
                    || route?.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal) == true,
                    $"{function.Name}: a caller can set its parameter '{parameter.Name}'.");
            }
        }
    }

    /// <summary>A path that the route matches.</summary>
    internal static string PathOf(FunctionRoute route) => "/" + Parameter().Replace(route.Route, "sample");

    /// <summary>A method that the function answers.</summary>
    internal static string MethodOf(FunctionRoute route) => route.Method.Length > 0 ? route.Method : "PATCH";

    private static FunctionRouter<string> RouterByName(IEnumerable<FunctionRoute> routes)
    {
        var router = new FunctionRouter<string>();
        foreach (var route in routes)
            router.Add(route.Name, route.Route, route.Method.Length > 0 ? [route.Method] : [], route.Name);
        return router;
    }

    private static string? Find(FunctionRouter<string> router, string method, string path)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path) = (method, path);
        return router.Find(context)?.Function;
    }

    private static Func<string, string, Task<string?>> RouterByPrecedence()
    {
        var listener = new DiagnosticListener("routes");
        var services = new ServiceCollection()
            .AddLogging().AddRouting().AddSingleton(listener).AddSingleton<DiagnosticSource>(listener).BuildServiceProvider();
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            foreach (var route in FunctionRoute.All)
            {
                var endpoint = route.Method.Length > 0
                    ? endpoints.MapMethods(route.Route, [route.Method], _ => Task.CompletedTask)
                    : endpoints.Map(route.Route, _ => Task.CompletedTask);
                endpoint.WithDisplayName(route.Name);
            }
        });
        var pipeline = app.Build();
        return async (method, path) =>
        {
            var context = new DefaultHttpContext { RequestServices = services };
            (context.Request.Method, context.Request.Path) = (method, path);
            await pipeline(context);
            return context.GetEndpoint()?.DisplayName;
        };
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
