using System.Reflection;
using Gatehouse.Common;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Refuses names that a request of <c>/ops/v1</c> must not have, and suggests the nearest known one.</summary>
internal static class KnownNames
{
    /// <summary>The parameter that every change takes: true to be told only what would happen.</summary>
    public const string DryRun = "dry_run";

    /// <summary>The query parameters of each function, without <see cref="DryRun"/>.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters = HttpFunction.All.ToDictionary(
        function => function.Name, function => function.Method.GetCustomAttribute<QueryParametersAttribute>()?.Names ?? []);

    /// <summary>Requires that every query parameter is one of the function's.</summary>
    /// <param name="request">The request.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="isChange">Whether it takes <c>dry_run</c> too.</param>
    /// <exception cref="RequestException">One is not.</exception>
    public static void RequireParameters(HttpRequest request, string function, bool isChange)
    {
        if (request.Query.Count == 0) return;
        IReadOnlyList<string> known = isChange ? [.. Parameters[function], DryRun] : Parameters[function];
        foreach (var name in request.Query.Keys)
        {
            // ASP.NET Core ignores the case of their names, too.
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw RequestException.Invalid(NearestName.Unknown("query parameter", name, known));
        }
    }

    /// <summary>The refusal of a field in a body.</summary>
    public static RequestException UnknownField(string name, IReadOnlyCollection<string> known) => name == DryRun
        ? RequestException.Invalid($"{DryRun} is a query parameter, not a field: add ?{DryRun}=true to the URL.")
        : RequestException.Invalid(NearestName.Unknown("field", name, known));
}
