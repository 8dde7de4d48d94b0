using System.Reflection;
using Gatehouse.Functions.Http.Gates;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>A function that answers requests, from its attributes.</summary>
internal sealed record FunctionRoute(string Name, string Method, string Route, MethodInfo Function)
{
    public const string Unknown = "ZUnknownUrl";

    /// <summary>Every function of the product.</summary>
    public static IEnumerable<MethodInfo> Functions { get; } =
    [
        .. from type in typeof(PlatformGate).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
           where method.IsDefined(typeof(FunctionAttribute))
           select method,
    ];

    /// <summary>Every route of the product, once for each method; HEAD comes with GET.</summary>
    public static IReadOnlyList<FunctionRoute> All { get; } =
    [
        .. from function in Functions
           let trigger = Trigger<HttpTriggerAttribute>(function)
           where trigger is not null
           from method in trigger.Methods ?? [""]
           where method != "head"
           select new FunctionRoute(
               function.GetCustomAttribute<FunctionAttribute>()!.Name, method.ToUpperInvariant(), trigger.Route!, function),
    ];

    /// <summary>The trigger of a function; null if it has none of this kind.</summary>
    public static TAttribute? Trigger<TAttribute>(MethodInfo function) where TAttribute : Attribute =>
        function.GetParameters().Select(parameter => parameter.GetCustomAttribute<TAttribute>()).SingleOrDefault(attribute => attribute is not null);

    /// <summary>Whether a path, which may hold <c>{{variables}}</c>, fits the route.</summary>
    public bool Fits(string method, string path)
    {
        var segments = path.Split('?')[0].Trim('/').Split('/');
        var pattern = RoutePatternFactory.Parse(Route);
        return method == Method && segments.Length == pattern.PathSegments.Count && segments
            .Zip(pattern.PathSegments)
            .All(pair => pair.Second.Parts is [RoutePatternLiteralPart literal] ? literal.Content == pair.First : pair.First.Contains("{{", StringComparison.Ordinal)
                || pair.Second.Parts is [RoutePatternParameterPart] && pair.First.Length > 0);
    }
}
