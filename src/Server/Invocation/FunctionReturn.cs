using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gatehouse.Server.Invocation;

/// <summary>Turns a function's return value into the answer.</summary>
internal static class FunctionReturn
{
    private static readonly MethodInfo AwaitResultOf =
        typeof(FunctionReturn).GetMethod(nameof(AwaitResult), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Awaits a value of this type and returns it as the answer; null if it is not an <see cref="IResult"/>.</summary>
    /// <exception cref="FunctionStartException">The Functions worker would treat this type differently.</exception>
    public static Func<object?, ValueTask<IResult?>> Of(string function, Type type)
    {
        if (type == typeof(void)) return _ => default;
        if (type == typeof(Task)) return AwaitTask;
        if (type == typeof(Task<IResult>)) return task => new((Task<IResult?>)task!);

        var isTask = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>);
        var value = isTask ? type.GetGenericArguments()[0] : type;
        if (value.Name.StartsWith(nameof(ValueTask), StringComparison.Ordinal) && value.Namespace == typeof(ValueTask).Namespace)
        {
            throw new FunctionStartException(
                $"Function '{function}' returns a ValueTask, which the Functions worker does not wait for: return a Task.");
        }

        if (value.IsAssignableTo(typeof(IActionResult)))
        {
            throw new FunctionStartException(
                $"Function '{function}' returns {value.Name}, which this server does not support: return IResult.");
        }

        return isTask
            ? AwaitResultOf.MakeGenericMethod(value).CreateDelegate<Func<object?, ValueTask<IResult?>>>()
            : returned => new(returned as IResult);
    }

    private static async ValueTask<IResult?> AwaitTask(object? task)
    {
        await (Task)task!;
        return null;
    }

    private static async ValueTask<IResult?> AwaitResult<T>(object? task) => await (Task<T>)task! as IResult;
}
