using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Server.Invocation;

/// <summary>Finds and checks the constructors of the classes that functions belong to.</summary>
internal static class Constructors
{
    /// <summary>The single public constructor of a function's class.</summary>
    public static ConstructorInfo Of(string function, Type type) =>
        type.IsAbstract || type.ContainsGenericParameters
            ? throw new FunctionStartException($"Function '{function}': {type.Name} is abstract or generic and cannot be created.")
            : type.GetConstructors() is [var only]
                ? only
                : throw new FunctionStartException($"Function '{function}': {type.Name} must have exactly one public constructor.");

    /// <summary>Checks at start that every constructor parameter is a registered service, so that no request fails on it later.</summary>
    public static void Check(IReadOnlyDictionary<string, MethodInfo> functions, IServiceProvider services)
    {
        var known = services.GetRequiredService<IServiceProviderIsService>();
        foreach (var (function, method) in functions)
        {
            if (method.IsStatic) continue;
            foreach (var parameter in Of(function, method.ReflectedType!).GetParameters())
            {
                if (!known.IsService(parameter.ParameterType))
                {
                    throw new FunctionStartException(
                        $"Function '{function}': {method.ReflectedType!.Name} needs {parameter.ParameterType}, "
                        + "which is not registered as a service.");
                }
            }
        }
    }
}
