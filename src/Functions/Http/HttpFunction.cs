using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Http;

/// <summary>A function that answers HTTP requests.</summary>
/// <param name="Name">Its name, which is the name of its method and of the operation in the audit trail.</param>
/// <param name="Route">Its route.</param>
/// <param name="Method">Its method.</param>
internal sealed record HttpFunction(string Name, string Route, MethodInfo Method)
{
    /// <summary>Every function that answers HTTP requests.</summary>
    public static readonly IReadOnlyList<HttpFunction> All =
    [
        .. from type in typeof(HttpFunction).Assembly.GetExportedTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
           let trigger = method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault()
           where trigger is not null
           select new HttpFunction(method.Name, trigger.Route!, method),
    ];
}
