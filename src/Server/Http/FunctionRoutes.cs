using System.Collections.Frozen;
using System.Globalization;
using Gatehouse.Common;
using Gatehouse.Server.Invocation;
using Gatehouse.Server.Timers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Server.Http;

/// <summary>Routes requests to functions.</summary>
/// <remarks>
/// Uses ASP.NET Core's routing: literals before parameters before catch-alls, among the functions that take the request's
/// method. Where none takes the method, ASP.NET Core answers 405; the Functions host answers 404, and so does this. Two kinds of
/// routes need no routing: those without a parameter are looked up first, and a lone catch-all takes what is left.
/// </remarks>
internal static partial class FunctionRoutes
{
    /// <summary>Serves the functions, and <c>POST /admin/functions/{name}</c> for the timers.</summary>
    /// <param name="app">The server.</param>
    /// <param name="functions">The functions that answer HTTP requests.</param>
    /// <param name="servesMetrics">Whether <c>/metrics</c> is served, in Prometheus's format.</param>
    /// <exception cref="FunctionStartException">Two functions would answer the same requests, or a route names a constraint
    /// that does not exist.</exception>
    public static void Serve(WebApplication app, IReadOnlyList<HttpFunction> functions, bool servesMetrics)
    {
        CheckConstraints(functions, app.Services.GetRequiredService<ParameterPolicyFactory>());
        CheckConflicts(functions);

        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Function");
        var timers = app.Services.GetRequiredService<TimerService>();
        var admin = app.Services.GetService<AdminAccess>() ?? new AdminAccess();
        var endpoints = new List<Endpoint>(functions.Count + 1)
        {
            MakeEndpoint("admin", RoutePatternFactory.Parse("admin/functions/{name}"), ["POST"], context => RunNowAsync(context, admin, timers, logger)),
        };
        foreach (var function in functions.Where(function => !function.IsFallback))
        {
            endpoints.Add(MakeEndpoint(
                function.Name, function.Route, function.Methods, context => function.AnswerAsync(context, logger)));
        }

        if (servesMetrics) ServeMetrics(app);
        var literals = functions.Where(function => function.Route.Parameters.Count == 0)
            .GroupBy(function => "/" + Shape(function.Route), StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(path => path.Key, path => path.ToArray(), StringComparer.OrdinalIgnoreCase);
        app.Use(next => context => literals.TryGetValue(context.Request.Path.Value!, out var functions)
            && Find(functions, context.Request.Method) is { } function ? function.AnswerAsync(context, logger) : next(context));
        ((IEndpointRouteBuilder)app).DataSources.Add(new DefaultEndpointDataSource(endpoints));
        app.UseRouting();
        HttpFunction[] fallbacks = [.. functions.Where(function => function.IsFallback)];
        app.Run(context => AnswerAsync(context, fallbacks, logger));
    }

    // A loop: this runs for each request.
    private static HttpFunction? Find(HttpFunction[] functions, string method)
    {
        foreach (var function in functions)
            if (function.Takes(method)) return function;
        return null;
    }

    // A separate method: compiling a method loads the assemblies of the types it uses.
    private static void ServeMetrics(WebApplication app) => app.UseOpenTelemetryPrometheusScrapingEndpoint();

    private static RouteEndpoint MakeEndpoint(string name, RoutePattern route, string[] methods, RequestDelegate answer) =>
        new(answer, route, order: 0, methods.Length == 0 ? null : new(new HttpMethodMetadata(methods)), name);

    // ASP.NET Core's 405 is an endpoint too, but not a RouteEndpoint.
    private static Task AnswerAsync(HttpContext context, HttpFunction[] fallbacks, ILogger logger)
    {
        if (context.GetEndpoint() is RouteEndpoint { RequestDelegate: { } answer }) return answer(context);
        if (Find(fallbacks, context.Request.Method) is { } fallback)
        {
            context.Request.RouteValues[fallback.Route.Parameters[0].Name] = context.Request.Path.Value is ['/', .. { Length: > 0 } path] ? path : null;
            return fallback.AnswerAsync(context, logger);
        }
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static async Task RunNowAsync(HttpContext context, AdminAccess admin, TimerService timers, ILogger logger)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (admin.WaitOf(context) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await AdminAccess.RefuseAsync(
                context, StatusCodes.Status429TooManyRequests, "too-many-attempts", "There were too many wrong credentials.",
                "Credentials from this address, or this credential, are not checked for a moment.");
        }
        else if (!admin.Allows(context))
        {
            await AdminAccess.RefuseAsync(
                context, StatusCodes.Status403Forbidden, "forbidden", "The caller may not do this.",
                "From another machine or origin, or through a proxy, X-Gatehouse-Key must be the local key.");
        }
        else if (timers.TryRunNow(name))
        {
            LogRequested(logger, timers.Names.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        else
        {
            await AdminAccess.RefuseAsync(
                context, StatusCodes.Status404NotFound, "not-found", "There is no such thing.", NearestName.Unknown("timer", name, timers.Names));
        }
    }

    [LoggerMessage(7, LogLevel.Information, "A run of {Timer} was requested.")]
    private static partial void LogRequested(ILogger logger, string timer);

    private static void CheckConstraints(IReadOnlyList<HttpFunction> functions, ParameterPolicyFactory policies)
    {
        foreach (var function in functions)
        {
            foreach (var parameter in function.Route.Parameters)
            {
                foreach (var constraint in parameter.ParameterPolicies)
                {
                    try
                    {
                        policies.Create(parameter, constraint);
                    }
                    catch (Exception fault) when (fault is InvalidOperationException or RouteCreationException)
                    {
                        throw new FunctionStartException(
                            $"Function '{function.Name}': its route's constraint '{constraint.Content}' is not valid: "
                            + fault.Message, fault);
                    }
                }
            }
        }
    }

    private static void CheckConflicts(IReadOnlyList<HttpFunction> functions)
    {
        foreach (var group in functions.GroupBy(function => Shape(function.Route), StringComparer.OrdinalIgnoreCase))
        {
            var same = group.ToArray();
            for (var one = 0; one < same.Length; one++)
            {
                for (var other = one + 1; other < same.Length; other++)
                {
                    if (Overlap(same[one].Methods, same[other].Methods))
                    {
                        throw new FunctionStartException(
                            $"Functions '{same[one].Name}' and '{same[other].Name}' answer the same requests: "
                            + $"'{same[one].Route.RawText}' and '{same[other].Route.RawText}'.");
                    }
                }
            }
        }
    }

    private static bool Overlap(string[] one, string[] other) =>
        one.Length == 0 || other.Length == 0 || one.Intersect(other, StringComparer.OrdinalIgnoreCase).Any();

    // Two routes with the same shape match the same paths. Parameter names and optional markers are not part of it.
    private static string Shape(RoutePattern route) => string.Join('/', route.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter =>
                (parameter.IsCatchAll ? "{*" : "{")
                + string.Join(':', parameter.ParameterPolicies.Select(constraint => constraint.Content)) + "}",
            _ => part.ToString(),
        }))));
}
