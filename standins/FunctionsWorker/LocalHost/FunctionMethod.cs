using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>
/// A function's method, ready to be called: its class is made anew for every call, with what its constructor asks for.
/// </summary>
/// <remarks>What reflection can find out is found out once, here; a call only invokes.</remarks>
/// <typeparam name="TTrigger">What sets the function off, and what its arguments are read from.</typeparam>
internal sealed class FunctionMethod<TTrigger>
{
    private readonly Func<TTrigger, IServiceProvider> services;
    private readonly Func<TTrigger, object?>[] arguments;
    private readonly Type[] dependencies = [];
    private readonly ConstructorInvoker? constructor;
    private readonly MethodInvoker method;
    private readonly Func<object?, ValueTask<IResult?>> complete;

    public FunctionMethod(
        string function,
        MethodInfo method,
        Func<TTrigger, IServiceProvider> services,
        Func<ParameterInfo, Func<TTrigger, object?>> argument)
    {
        this.services = services;
        this.method = MethodInvoker.Create(method);
        arguments = Array.ConvertAll(method.GetParameters(), parameter => argument(parameter));
        complete = FunctionReturn.Of(function, method.ReturnType);
        if (method.IsStatic) return;

        var declared = Constructors.Of(function, method.ReflectedType!);
        constructor = ConstructorInvoker.Create(declared);
        dependencies = Array.ConvertAll(declared.GetParameters(), parameter => parameter.ParameterType);
    }

    /// <summary>Calls the method and waits for its end. The result is null where the method answers with none.</summary>
    public ValueTask<IResult?> InvokeAsync(TTrigger trigger)
    {
        var values = arguments.Length == 0 ? [] : new object?[arguments.Length];
        for (var index = 0; index < values.Length; index++) values[index] = arguments[index](trigger);
        return complete(method.Invoke(MakeInstance(trigger), values.AsSpan()));
    }

    private object? MakeInstance(TTrigger trigger)
    {
        if (constructor is null) return null;
        if (dependencies.Length == 0) return constructor.Invoke();

        var provider = services(trigger);
        var values = new object?[dependencies.Length];
        for (var index = 0; index < values.Length; index++) values[index] = provider.GetRequiredService(dependencies[index]);
        return constructor.Invoke(values.AsSpan());
    }
}
