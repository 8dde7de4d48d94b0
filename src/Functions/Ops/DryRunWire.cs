using System.Text.Json.Serialization;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>What a change would do: the answer to a request with <c>?dry_run=true</c>. Nothing was changed.</summary>
internal sealed record DryRunDocument(
    [property: JsonPropertyName("dry_run")] bool DryRun,
    [property: JsonPropertyName("would")] IReadOnlyList<ForeseenStepDocument> Would)
{
    /// <summary>200 with the steps.</summary>
    public static IResult Of(params IReadOnlyList<ForeseenStep> steps) => OpsReply.Ok(
        new DryRunDocument(true, [.. steps.Select(ForeseenStepDocument.Of)]), DryRunContext.Default.DryRunDocument);

    /// <summary>200 with the steps, once they are known.</summary>
    public static async Task<IResult> OfAsync(Task<IReadOnlyList<ForeseenStep>> steps) => Of(await steps);
}

/// <summary>A step of a change.</summary>
internal sealed record ForeseenStepDocument(
    [property: JsonPropertyName("action")] string Action,
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("detail")] string Detail)
{
    public static ForeseenStepDocument Of(ForeseenStep step) => new(NameOf(step.Action), step.Subject, step.Detail);

    private static string NameOf(ForeseenAction action) => action switch
    {
        ForeseenAction.Create => "create",
        ForeseenAction.Adopt => "adopt",
        ForeseenAction.Delete => "delete",
        ForeseenAction.Issue => "issue",
        ForeseenAction.Revoke => "revoke",
        ForeseenAction.Store => "store",
        ForeseenAction.Remove => "remove",
        ForeseenAction.Archive => "archive",
        ForeseenAction.Set => "set",
        ForeseenAction.Record => "record",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}

[JsonSerializable(typeof(DryRunDocument))]
internal sealed partial class DryRunContext : JsonSerializerContext;
