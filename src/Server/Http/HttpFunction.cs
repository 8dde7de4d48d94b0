using System.Reflection;
using Gatehouse.Server.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Server.Http;

/// <summary>A function that answers HTTP requests.</summary>
internal sealed partial class HttpFunction
{
    // The Functions host refuses routes that start with this text; "administrators" is refused too.
    private static readonly string[] ReservedRoutes = ["admin", "runtime"];

    private readonly FunctionMethod<HttpContext> method;

    public HttpFunction(string name, MethodInfo method, HttpTriggerAttribute trigger, string routePrefix)
    {
        Name = name;
        Methods = trigger.Methods ?? [];
        Route = ParseRoute(trigger.Route, routePrefix);
        this.method = new FunctionMethod<HttpContext>(name, method, context => context.RequestServices, ReadArgument);
    }

    public string Name { get; }

    /// <summary>Whether the function takes every path that no other function takes: its route is a catch-all and nothing else.</summary>
    public bool IsFallback => Route.PathSegments is [{ Parts: [RoutePatternParameterPart { IsCatchAll: true, ParameterPolicies: [] }] }];

    /// <summary>The full route, including host.json's prefix.</summary>
    public RoutePattern Route { get; }

    /// <summary>The HTTP methods that the function takes; empty means any.</summary>
    public string[] Methods { get; }

    /// <summary>Whether the function takes a request's method.</summary>
    public bool Takes(string method)
    {
        // A loop: this runs for each request.
        foreach (var known in Methods)
            if (known.Equals(method, StringComparison.OrdinalIgnoreCase)) return true;
        return Methods.Length == 0;
    }

    /// <inheritdoc cref="FunctionMethod{TTrigger}.Bind"/>
    public void Bind(Predicate<Type> isSingleton) => method.Bind(isSingleton);

    /// <summary>Answers a request. An exception is logged and answered with an empty 500; after the answer has begun, the connection is aborted.</summary>
    public async Task AnswerAsync(HttpContext context, ILogger logger)
    {
        try
        {
            if (await method.InvokeAsync(context) is { } result) await result.ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has disconnected or the server is stopping: nothing can be answered.
        }
        catch (Exception fault) when (fault is not BadHttpRequestException)
        {
            // Kestrel answers bad requests itself: 400, 408 or 413.
            LogFailed(logger, Name, fault);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    private RoutePattern ParseRoute(string? template, string prefix)
    {
        var route = (string.IsNullOrWhiteSpace(template) ? Name : template).Trim('/');
        foreach (var reserved in ReservedRoutes)
        {
            if (route.StartsWith(reserved, StringComparison.OrdinalIgnoreCase))
            {
                throw new FunctionStartException(
                    $"Function '{Name}': its route '{route}' starts with '{reserved}', which the Functions host reserves.");
            }
        }

        try
        {
            return RoutePatternFactory.Parse($"{prefix}/{route}");
        }
        catch (RoutePatternException fault)
        {
            throw new FunctionStartException($"Function '{Name}': its route '{route}' is not valid: {fault.Message}", fault);
        }
    }

    private Func<HttpContext, object?> ReadArgument(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type == typeof(HttpRequest)) return context => context.Request;
        if (type == typeof(CancellationToken)) return context => context.RequestAborted;

        if (Route.GetParameter(parameter.Name!) is null)
        {
            throw new FunctionStartException(
                $"Function '{Name}': its parameter '{parameter.Name}' is not an HttpRequest, a CancellationToken or a part of its route.");
        }

        return RouteValue.ParserOf(type) is { } parse
            ? context => ReadRouteValue(context, parameter, parse)
            : throw new FunctionStartException(
                $"Function '{Name}': its parameter '{parameter.Name}' is of type {type.Name}, to which no route value can be converted.");
    }

    private static object? ReadRouteValue(HttpContext context, ParameterInfo parameter, Func<string, object?> parse)
    {
        if (context.Request.RouteValues[parameter.Name!] is string text)
        {
            return parse(text) ?? throw new FormatException(
                $"The route's value for '{parameter.Name}' is not of type {parameter.ParameterType.Name}.");
        }

        if (parameter.HasDefaultValue) return parameter.DefaultValue;
        return !parameter.ParameterType.IsValueType || Nullable.GetUnderlyingType(parameter.ParameterType) is not null
            ? null
            : throw new FormatException($"The route has no value for '{parameter.Name}'.");
    }

    [LoggerMessage(1, LogLevel.Error, "Function {Function} failed.")]
    private static partial void LogFailed(ILogger logger, string function, Exception fault);
}
