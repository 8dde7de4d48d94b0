using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>How the functions' classes are made.</summary>
internal static class Constructors
{
    /// <summary>The one public constructor of a function's class.</summary>
    public static ConstructorInfo Of(string function, Type type) =>
        type.IsAbstract || type.ContainsGenericParameters
            ? throw new FunctionStartException($"Function '{function}': {type.Name} is abstract or generic and cannot be made.")
            : type.GetConstructors() is [var only]
                ? only
                : throw new FunctionStartException($"Function '{function}': {type.Name} must have exactly one public constructor.");

    /// <summary>Proves that whatever the functions' classes ask for can be made, so that no request is the first to find out.</summary>
    public static void Check(FunctionIndex functions, IServiceProvider services)
    {
        var known = services.GetRequiredService<IServiceProviderIsService>();
        foreach (var (function, method) in functions.Methods)
        {
            if (method.IsStatic) continue;
            foreach (var parameter in Of(function, method.ReflectedType!).GetParameters())
            {
                if (!known.IsService(parameter.ParameterType))
                {
                    throw new FunctionStartException(
                        $"Function '{function}': {method.ReflectedType!.Name} asks for {parameter.ParameterType}, "
                        + "which is not registered as a service.");
                }
            }
        }
    }
}
