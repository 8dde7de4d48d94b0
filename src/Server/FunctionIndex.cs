using System.Reflection;
using Gatehouse.Server.Http;
using Gatehouse.Server.Invocation;
using Gatehouse.Server.Timers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server;

/// <summary>The functions of an app: public methods with a <see cref="FunctionAttribute"/> in public classes.</summary>
internal sealed class FunctionIndex
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly List<HttpFunction> http = [];
    private readonly List<TimerFunction> timers = [];
    private readonly Dictionary<string, MethodInfo> methods = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the functions and checks that this server can serve each of them.</summary>
    /// <param name="classes">The classes to search.</param>
    /// <param name="settings">The values of <c>%Name%</c> in schedules.</param>
    /// <param name="routePrefix">The prefix of every route.</param>
    /// <exception cref="FunctionStartException">A function cannot be served.</exception>
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

    /// <summary>The functions with an HTTP trigger.</summary>
    public IReadOnlyList<HttpFunction> Http => http;

    /// <summary>The functions with a timer trigger.</summary>
    public IReadOnlyList<TimerFunction> Timers => timers;

    /// <summary>The method of every function, by function name.</summary>
    public IReadOnlyDictionary<string, MethodInfo> Methods => methods;

    private void Add(string name, MethodInfo method, IConfiguration settings, string routePrefix)
    {
        if (!methods.TryAdd(name, method))
        {
            throw new FunctionStartException(
                $"Function '{name}' is defined twice: {Describe(methods[name])} and {Describe(method)}.");
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
