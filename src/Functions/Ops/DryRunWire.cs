using System.Text.Json.Serialization;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>What a change would do: the answer to a request with <c>?dry_run=true</c>. Nothing was changed.</summary>
internal sealed record DryRunDocument(
    [property: JsonPropertyName("dry_run")] bool DryRun,
    [property: JsonPropertyName("would")] IReadOnlyList<PlannedStepDocument> Would)
{
    /// <summary>200 with the steps.</summary>
    public static IResult Of(params IReadOnlyList<PlannedStep> steps) => OpsReply.Ok(
        new DryRunDocument(true, [.. steps.Select(PlannedStepDocument.Of)]), DryRunContext.Default.DryRunDocument);

    /// <summary>200 with the steps, once they are known.</summary>
    public static async Task<IResult> OfAsync(Task<IReadOnlyList<PlannedStep>> steps) => Of(await steps);
}

/// <summary>A step of a change.</summary>
internal sealed record PlannedStepDocument(
    [property: JsonPropertyName("action")] string Action,
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("detail")] string Detail)
{
    public static PlannedStepDocument Of(PlannedStep step) => new(NameOf(step.Action), step.Subject, step.Detail);

    private static string NameOf(PlannedAction action) => action switch
    {
        PlannedAction.Create => "create",
        PlannedAction.Adopt => "adopt",
        PlannedAction.Delete => "delete",
        PlannedAction.Issue => "issue",
        PlannedAction.Revoke => "revoke",
        PlannedAction.Store => "store",
        PlannedAction.Remove => "remove",
        PlannedAction.Archive => "archive",
        PlannedAction.Set => "set",
        PlannedAction.Record => "record",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}

[JsonSerializable(typeof(DryRunDocument))]
internal sealed partial class DryRunContext : JsonSerializerContext;
