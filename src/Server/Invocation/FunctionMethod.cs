using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Server.Invocation;

/// <summary>
/// A function's method, ready to be called. Each call creates a new instance of its class from the registered services. If all of
/// these are singletons, one instance serves all calls.
/// </summary>
/// <remarks>Reflection happens once, in the constructor; a call only invokes.</remarks>
/// <typeparam name="TTrigger">What triggers the function, and what its arguments are read from.</typeparam>
internal sealed class FunctionMethod<TTrigger>
{
    private readonly Func<TTrigger, IServiceProvider> services;
    private readonly Func<TTrigger, object?>[] arguments;
    private readonly Type[] dependencies = [];
    private readonly ConstructorInvoker? constructor;
    private readonly MethodInvoker method;
    private bool keepsInstance;
    private object? instance;
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

    /// <summary>Keeps one instance for all calls, if every service that its class needs is a singleton.</summary>
    /// <param name="isSingleton">Whether a service is one.</param>
    public void Bind(Predicate<Type> isSingleton) => keepsInstance = Array.TrueForAll(dependencies, isSingleton);

    /// <summary>Calls the method and waits until it has finished. The result is null if the method returns no <see cref="IResult"/>.</summary>
    public ValueTask<IResult?> InvokeAsync(TTrigger trigger)
    {
        var target = instance ?? MakeInstance(trigger);
        if (keepsInstance) instance = target;
        return complete(arguments switch
        {
            [] => method.Invoke(target),
            [var only] => method.Invoke(target, only(trigger)),
            [var first, var second] => method.Invoke(target, first(trigger), second(trigger)),
            _ => method.Invoke(target, Array.ConvertAll(arguments, argument => argument(trigger)).AsSpan()),
        });
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
