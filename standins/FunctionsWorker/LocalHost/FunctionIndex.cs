using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>The functions of an app: the public methods under a <see cref="FunctionAttribute"/> in its public classes.</summary>
internal sealed class FunctionIndex
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly List<HttpFunction> http = [];
    private readonly List<TimerFunction> timers = [];
    private readonly Dictionary<string, MethodInfo> methods = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the functions and proves each to be one that the local host can serve.</summary>
    /// <param name="classes">Where to look.</param>
    /// <param name="settings">What <c>%Name%</c> in a schedule stands for.</param>
    /// <param name="routePrefix">What stands before every route.</param>
    /// <exception cref="FunctionStartException">One of them cannot be served.</exception>
    public FunctionIndex(IEnumerable<Type> classes, IConfiguration settings, string routePrefix)
    {
        foreach (var type in classes)
        {
            foreach (var method in type.GetMethods(Declared))
            {
                if (method.IsDefined(typeof(FunctionAttribute)))
                    Add(method.GetCustomAttribute<FunctionAttribute>()!.Name, method, settings, routePrefix);
            }
        }
    }

    /// <summary>The functions that answer requests.</summary>
    public IReadOnlyList<HttpFunction> Http => http;

    /// <summary>The functions that run on a schedule.</summary>
    public IReadOnlyList<TimerFunction> Timers => timers;

    /// <summary>Every function's method, by the function's name.</summary>
    public IReadOnlyDictionary<string, MethodInfo> Methods => methods;

    private void Add(string name, MethodInfo method, IConfiguration settings, string routePrefix)
    {
        if (!methods.TryAdd(name, method))
        {
            throw new FunctionStartException(
                $"Function '{name}' is there twice: {Describe(methods[name])} and {Describe(method)}.");
        }

        HttpTriggerAttribute? request = null;
        TimerTriggerAttribute? timer = null;
        foreach (var parameter in method.GetParameters())
        {
            request ??= parameter.GetCustomAttribute<HttpTriggerAttribute>();
            timer ??= parameter.GetCustomAttribute<TimerTriggerAttribute>();
        }

        switch (request, timer)
        {
            case (not null, null):
                http.Add(new HttpFunction(name, method, request, routePrefix));
                break;
            case (null, not null):
                timers.Add(new TimerFunction(name, method, timer, settings));
                break;
            default:
                throw new FunctionStartException(
                    $"Function '{name}' ({Describe(method)}) must have one parameter with a trigger: HttpTrigger or TimerTrigger.");
        }
    }

    private static string Describe(MethodInfo method) => $"{method.ReflectedType!.Name}.{method.Name}";
}
