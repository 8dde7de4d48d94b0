using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Ops;

/// <summary>An application in custody.</summary>
internal sealed record KnownApplicationDocument(
    [property: JsonPropertyName("app_id")] string AppId,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("created_at")] string CreatedAt)
{
    public static KnownApplicationDocument Of(ManagedApplication application) =>
        new(application.Id.ToString(), application.Name, Rfc3339.Text(application.CreatedAt));
}

/// <summary>A page of applications; <c>next</c> is empty on the last.</summary>
internal sealed record KnownApplicationsDocument(
    [property: JsonPropertyName("applications")] IReadOnlyList<KnownApplicationDocument> Applications,
    [property: JsonPropertyName("next")] string Next);

/// <summary>An application with its statistics, token slots and push credentials.</summary>
internal sealed record ApplicationViewDocument(
    [property: JsonPropertyName("app_id")] string AppId,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("created_at")] string CreatedAt,
    [property: JsonPropertyName("ccu")] long Ccu,
    [property: JsonPropertyName("mau")] long Mau,
    [property: JsonPropertyName("dau")] long Dau,
    [property: JsonPropertyName("token_slots")] SlotsDocument TokenSlots,
    [property: JsonPropertyName("push_credentials")] IReadOnlyList<PushCredentialDocument> PushCredentials)
{
    public static ApplicationViewDocument Of(ApplicationView view) => new(
        view.Application.Id.ToString(), view.Application.Name, Rfc3339.Text(view.Application.CreatedAt), view.Overview.Connections,
        view.Overview.MonthlyUsers, view.Overview.DailyUsers, new SlotsDocument(view.Overview.SlotsUsed, ApiToken.MostSecondary),
        [.. view.Overview.PushConfigurations.Select(PushCredentialDocument.Of)]);
}

/// <summary>The used token slots and their maximum.</summary>
internal sealed record SlotsDocument([property: JsonPropertyName("used")] int Used, [property: JsonPropertyName("of")] int Of);

/// <summary>A push credential without its secrets. Only certificates expire.</summary>
internal sealed record PushCredentialDocument(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("created_at")] string CreatedAt,
    [property: JsonPropertyName("expires_at")] string? ExpiresAt)
{
    public static PushCredentialDocument Of(PushConfiguration push) => new(
        push.Id, PushTypeNames.Of(push.Type),
        Rfc3339.Text(push.CreatedAt), (push as CertificatePushConfiguration)?.ExpiresAt is { } end && end < DateTimeOffset.MaxValue ? Rfc3339.Text(end) : null);
}

/// <summary>The result of an adoption, or of a dry run what it would be.</summary>
internal sealed record AdoptionDocument(
    [property: JsonPropertyName("seen")] int Seen,
    [property: JsonPropertyName("adopted")] IReadOnlyList<string> Adopted,
    [property: JsonPropertyName("removed")] IReadOnlyList<string> Removed,
    [property: JsonPropertyName("failures")] IReadOnlyList<AdoptionFailureDocument> Failures,
    [property: JsonPropertyName("dry_run")] bool DryRun)
{
    public static AdoptionDocument Of(ApplicationSyncRun run, bool isDryRun) => new(
        run.Seen, [.. run.Added.Select(id => id.ToString())], [.. run.Removed.Select(id => id.ToString())],
        [
            .. run.Failures.Select(failure => new AdoptionFailureDocument(
                failure.Application.ToString(), null, (CoreProblems.Of(failure.Error) ?? Problem.InternalError()).Type, null)),
            .. run.Unreadable.Select(one => new AdoptionFailureDocument(
                one.Id?.ToString(), one.Name, UnreadableApplication.Problem, one.Fault)),
        ],
        isDryRun);
}

/// <summary>
/// An application that could not be adopted, with the type of the problem. Where the platform's list cannot be read, it may have
/// a name only, and there is a detail.
/// </summary>
internal sealed record AdoptionFailureDocument(
    [property: JsonPropertyName("app_id")] string? AppId,
    [property: JsonPropertyName("name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    [property: JsonPropertyName("problem")] string Problem,
    [property: JsonPropertyName("detail"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail);

/// <summary>A new token: either the token itself, or the name of its secret in the vault.</summary>
internal sealed record GrantedTokenDocument(
    [property: JsonPropertyName("token_id")] string TokenId,
    [property: JsonPropertyName("label")] string Label,
    [property: JsonPropertyName("expires_at")] string? ExpiresAt,
    [property: JsonPropertyName("next_rotation_at")] string? NextRotationAt,
    [property: JsonPropertyName("token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    [property: JsonPropertyName("secret_name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SecretName)
{
    public static GrantedTokenDocument Of(GrantedToken granted) => new(
        granted.TokenId, granted.Label, Rfc3339.TextOrNull(granted.ExpiresAt), Rfc3339.TextOrNull(granted.NextRotationAt),
        granted.Token?.Reveal(), granted.SecretName);

    // The generated ToString would show the token.
    public override string ToString() => TokenId;
}

/// <summary>The tokens of an application, newest first.</summary>
internal sealed record TokensDocument(
    [property: JsonPropertyName("tokens")] IReadOnlyList<TokenDocument> Tokens,
    [property: JsonPropertyName("token_slots")] SlotsDocument TokenSlots)
{
    public static TokensDocument Of(TokenList list, DateTimeOffset now) =>
        new([.. list.Tokens.Select(token => TokenDocument.Of(token, now))], new SlotsDocument(list.SlotsUsed, list.Slots));
}

/// <summary>A token of an application. Label, owner and delivery are null where the token has no lease.</summary>
internal sealed record TokenDocument(
    [property: JsonPropertyName("token_id")] string TokenId,
    [property: JsonPropertyName("label")] string? Label,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("masked")] string? Masked,
    [property: JsonPropertyName("owner")] string? Owner,
    [property: JsonPropertyName("deliver")] string? Deliver,
    [property: JsonPropertyName("age_seconds")] long AgeSeconds,
    [property: JsonPropertyName("expires_at")] string? ExpiresAt,
    [property: JsonPropertyName("next_rotation_at")] string? NextRotationAt)
{
    public static TokenDocument Of(ListedToken token, DateTimeOffset now) => new(
        token.TokenId, token.Label, Name(token.State), token.Masked, token.Owner,
        token.Delivery is { } delivery ? TokenDeliveryNames.Of(delivery) : null,
        Math.Max(0, (long)(now - token.IssuedAt).TotalSeconds), Rfc3339.TextOrNull(token.ExpiresAt),
        Rfc3339.TextOrNull(token.NextRotationAt));

    private static string Name(TokenState state) => state switch
    {
        TokenState.Active => "active",
        TokenState.Retiring => "retiring",
        TokenState.Delivering => "delivering",
        TokenState.Revoking => "revoking",
        TokenState.Missing => "missing",
        TokenState.Unmanaged => "unmanaged",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}

/// <summary>The names of the ways of delivery in requests and answers.</summary>
internal static class TokenDeliveryNames
{
    public static string Of(TokenDelivery delivery) => delivery == TokenDelivery.Vault ? "vault" : "response";

    public static TokenDelivery Parse(string name) => name switch
    {
        "response" => TokenDelivery.Response,
        "vault" => TokenDelivery.Vault,
        _ => throw RequestException.Invalid("deliver must be response or vault."),
    };
}

[JsonSerializable(typeof(KnownApplicationDocument))]
[JsonSerializable(typeof(KnownApplicationsDocument))]
[JsonSerializable(typeof(ApplicationViewDocument))]
[JsonSerializable(typeof(AdoptionDocument))]
[JsonSerializable(typeof(GrantedTokenDocument))]
[JsonSerializable(typeof(TokensDocument))]
internal sealed partial class CustodyContext : JsonSerializerContext;
