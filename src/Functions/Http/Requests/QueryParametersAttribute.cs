namespace Gatehouse.Functions.Http.Requests;

/// <summary>
/// The query parameters of a function under <c>/ops/v1</c>. A parameter with another name is refused: a misspelt one would be
/// ignored, and the request would do something else than its sender meant. Changes take <c>dry_run</c> too.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QueryParametersAttribute(params string[] names) : Attribute
{
    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names => names;
}
