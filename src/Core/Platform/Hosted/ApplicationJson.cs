using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gatehouse.Platform.Hosted;

/// <summary>Reads applications, in both dialects.</summary>
internal static class ApplicationJson
{
    private const int MostNameCharacters = 1024;

    // The platform's clock may be ahead of ours by less than this. A later time of creation is a fault.
    private static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    /// <summary>An application with its master token, as in answers to create and list.</summary>
    /// <param name="body">The representation.</param>
    /// <param name="now">The time of creation where the platform does not report it; the contract has no such
    /// member.</param>
    /// <exception cref="PlatformException">It is not a valid application.</exception>
    public static Application Application(JsonElement body, DateTimeOffset now) =>
        TryRead(body, now, out var fault) ?? throw HostedFaults.Malformed(fault.Fault);

    /// <summary>The application's name.</summary>
    /// <exception cref="PlatformException">It has no name.</exception>
    public static string Name(JsonElement body) => TryName(body) ?? throw HostedFaults.Malformed("an application has no name");

    /// <summary>When it was created. A time that cannot be right counts as not reported.</summary>
    public static DateTimeOffset CreatedAt(JsonElement body, DateTimeOffset now) =>
        ResponseJson.Time(body.Member("created_at")) is { } time && time < now + MostAhead ? time : now;

    /// <summary>A page of applications.</summary>
    /// <exception cref="PlatformException">It is not a valid page, or its next page is itself.</exception>
    public static ApplicationPage Page(JsonElement body, string? pageToken, DateTimeOffset now)
    {
        var applications = new List<Application>();
        var unreadable = new List<UnreadableApplication>();
        foreach (var one in body.List("applications"))
        {
            if (TryRead(one, now, out var fault) is { } application) applications.Add(application);
            else unreadable.Add(fault);
        }
        var next = body.Member("next").Text() ?? "";
        return next.Length > 0 && next == pageToken
            ? throw HostedFaults.Malformed("a page's next is itself")
            : new ApplicationPage(applications, next) { Unreadable = unreadable };
    }

    // Null, and what is wrong with it, where it is not an application that can be used.
    private static Application? TryRead(JsonElement body, DateTimeOffset now, out UnreadableApplication fault)
    {
        var id = AppId.TryParse(body.Member("app_id").Text("app_id", "id"));
        var name = TryName(body);
        var token = ApiToken.TryParse(body.Member("api_token").Text("token", "api_token"));
        fault = new UnreadableApplication(
            id, name,
            id is null ? "an application's id is missing or not valid"
            : name is null ? "an application has no name that can be used"
            : "an application's API token is missing or not valid");
        return id is { } known && name is not null && token is not null ? new Application(known, name, CreatedAt(body, now), token) : null;
    }

    private static string? TryName(JsonElement body) =>
        body.Member("name", "app_name").Text() is { Length: > 0 and <= MostNameCharacters } name ? name : null;
}

/// <summary>The body of a request to create an application, by the contract.</summary>
internal sealed record BasicCreation([property: JsonPropertyName("name")] string Name);

/// <summary>The body of a request to create an application, for the organization API.</summary>
internal sealed record GateCreation(
    [property: JsonPropertyName("app_name")] string Name, [property: JsonPropertyName("region_key")] string? RegionKey);

/// <summary>The body of a request to add a Google sender.</summary>
internal sealed record SenderAddition(
    [property: JsonPropertyName("gcm_sender_id")] string SenderId, [property: JsonPropertyName("gcm_api_key")] string ApiKey)
{
    // A record's own text would show the key.
    public override string ToString() => nameof(SenderAddition);
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BasicCreation))]
[JsonSerializable(typeof(GateCreation))]
[JsonSerializable(typeof(SenderAddition))]
internal sealed partial class HostedJson : JsonSerializerContext;
