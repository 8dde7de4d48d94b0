using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gatehouse.Platform.Hosted;

/// <summary>Reads applications, in both dialects.</summary>
internal static class ApplicationJson
{
    /// <summary>An application with its master token, as in answers to create and list.</summary>
    /// <param name="body">The representation.</param>
    /// <param name="now">The time of creation where the platform does not report it; the contract has no such
    /// member.</param>
    /// <exception cref="PlatformException">It is not a valid application.</exception>
    public static Application Application(JsonElement body, DateTimeOffset now) => new(
        ResponseJson.Application(body.Member("app_id")), Name(body), CreatedAt(body, now), ResponseJson.Token(body.Member("api_token")));

    /// <summary>The application's name.</summary>
    /// <exception cref="PlatformException">It has no name.</exception>
    public static string Name(JsonElement body) =>
        body.Member("name", "app_name").Text() ?? throw HostedFaults.Malformed("an application has no name");

    /// <summary>When it was created.</summary>
    public static DateTimeOffset CreatedAt(JsonElement body, DateTimeOffset now) => ResponseJson.Time(body.Member("created_at")) ?? now;

    /// <summary>A page of applications.</summary>
    /// <exception cref="PlatformException">It is not a valid page, or its next page is itself.</exception>
    public static ApplicationPage Page(JsonElement body, string? pageToken, DateTimeOffset now)
    {
        var applications = new List<Application>();
        foreach (var one in body.List("applications")) applications.Add(Application(one, now));
        var next = body.Member("next").Text() ?? "";
        return next.Length > 0 && next == pageToken
            ? throw HostedFaults.Malformed("a page's next is itself")
            : new ApplicationPage(applications, next);
    }
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
