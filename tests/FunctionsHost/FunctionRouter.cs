using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gatehouse.FunctionsHost;

/// <summary>
/// Finds the function that answers a request, as the Functions host does. Functions are tried in the order of their names, and the
/// first one whose route and methods match answers. A literal has no precedence over a parameter, and a parameter has none over a
/// catch-all.
/// </summary>
internal sealed class FunctionRouter<TFunction>
{
    private readonly List<Entry> entries = [];
    private readonly DefaultInlineConstraintResolver constraints =
        new(Options.Create(new RouteOptions()), new ServiceCollection().BuildServiceProvider());

    /// <summary>Adds a function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="template">Its full route, including the prefix of <c>host.json</c>.</param>
    /// <param name="methods">The methods that it answers; empty for any.</param>
    /// <param name="function">The function.</param>
    public void Add(string name, string template, IEnumerable<string> methods, TFunction function)
    {
        var parsed = TemplateParser.Parse(template);
        var defaults = new RouteValueDictionary();
        foreach (var parameter in parsed.Parameters)
        {
            if (parameter.DefaultValue is { } value) defaults.Add(parameter.Name!, value);
        }
        entries.Add(new Entry(name, new TemplateMatcher(parsed, defaults), Constraints(template, parsed), [.. methods], function));
        entries.Sort((one, other) => string.Compare(one.Name, other.Name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The function that answers a request, and the values of its route's parameters.</summary>
    public (TFunction Function, RouteValueDictionary Values)? Find(HttpContext context)
    {
        foreach (var entry in entries)
        {
            var values = new RouteValueDictionary();
            if (!entry.Matcher.TryMatch(context.Request.Path, values)) continue;
            if (!RouteConstraintMatcher.Match(
                    entry.Constraints, values, context, NullRouter.Instance, RouteDirection.IncomingRequest, NullLogger.Instance))
            {
                continue;
            }
            if (entry.Methods.Length > 0 && !entry.Methods.Contains(context.Request.Method, StringComparer.OrdinalIgnoreCase)) continue;
            return (entry.Function, values);
        }
        return null;
    }

    private IDictionary<string, IRouteConstraint> Constraints(string template, RouteTemplate parsed)
    {
        var builder = new RouteConstraintBuilder(constraints, template);
        foreach (var parameter in parsed.Parameters)
        {
            if (parameter.IsOptional) builder.SetOptional(parameter.Name!);
            foreach (var constraint in parameter.InlineConstraints) builder.AddResolvedConstraint(parameter.Name!, constraint.Constraint);
        }
        return builder.Build();
    }

    private sealed record Entry(
        string Name, TemplateMatcher Matcher, IDictionary<string, IRouteConstraint> Constraints, string[] Methods, TFunction Function);

    // Constraints get a router as an argument. The constraints of ASP.NET Core do not use it.
    private sealed class NullRouter : IRouter
    {
        public static readonly NullRouter Instance = new();

        public VirtualPathData? GetVirtualPath(VirtualPathContext context) => null;

        public Task RouteAsync(RouteContext context) => Task.CompletedTask;
    }
}
