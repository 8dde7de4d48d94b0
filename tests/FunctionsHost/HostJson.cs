using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Gatehouse.FunctionsHost;

/// <summary>The part of <c>host.json</c> that the double reads.</summary>
internal sealed class HostJson
{
    /// <summary>The host's own default for a limit: no limit.</summary>
    public const int Unlimited = -1;

    private readonly List<(string Category, LogLevel Level)> levels = [];

    private HostJson(JsonElement root)
    {
        if (Find(root, "extensions", "http") is { } http)
        {
            RoutePrefix = Find(http, "routePrefix")?.GetString() ?? RoutePrefix;
            foreach (var limit in http.EnumerateObject().Where(IsRequestLimit))
            {
                if (limit.Name.Contains("Concurrent", StringComparison.OrdinalIgnoreCase)) MaxConcurrentRequests = limit.Value.GetInt32();
                else MaxPendingRequests = limit.Value.GetInt32();
            }
        }
        if (Find(root, "logging", "logLevel") is { } configured)
        {
            foreach (var level in configured.EnumerateObject())
                levels.Add((level.Name, Enum.Parse<LogLevel>(level.Value.GetString()!, ignoreCase: true)));
        }
    }

    /// <summary>The prefix of every function's route.</summary>
    public string RoutePrefix { get; } = "api";

    /// <summary>The maximum number of requests that run (<c>maxConcurrentRequests</c>).</summary>
    public int MaxConcurrentRequests { get; } = Unlimited;

    /// <summary>The maximum number of requests that run or wait: the section's other limit.</summary>
    public int MaxPendingRequests { get; } = Unlimited;

    /// <summary>Reads the file in this folder. Without a file, the host's defaults apply.</summary>
    public static HostJson Read(string folder)
    {
        var path = Path.Combine(folder, "host.json");
        using var document = JsonDocument.Parse(
            File.Exists(path) ? File.ReadAllBytes(path) : "{}"u8.ToArray(),
            new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return new HostJson(document.RootElement);
    }

    /// <summary>Whether the host writes a line of this category and level. The longest matching category decides.</summary>
    public bool IsLogged(string category, LogLevel level)
    {
        var least = levels
            .Where(rule => IsUnder(category, rule.Category))
            .OrderByDescending(rule => rule.Category.Length)
            .Select(rule => (LogLevel?)rule.Level)
            .FirstOrDefault()
            ?? levels.Where(rule => rule.Category.Equals("default", StringComparison.OrdinalIgnoreCase)).Select(rule => (LogLevel?)rule.Level)
                .FirstOrDefault()
            ?? LogLevel.Information;
        return level >= least && least != LogLevel.None;
    }

    // Both limits are called max...Requests.
    private static bool IsRequestLimit(JsonProperty member) =>
        member.Name.StartsWith("max", StringComparison.OrdinalIgnoreCase)
        && member.Name.EndsWith("Requests", StringComparison.OrdinalIgnoreCase);

    private static bool IsUnder(string category, string name) =>
        category.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (category.Length == name.Length || category[name.Length] == '.');

    private static JsonElement? Find(JsonElement element, params IEnumerable<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object) return null;
            var member = element.EnumerateObject().FirstOrDefault(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (member.Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return null;
            element = member.Value;
        }
        return element;
    }
}
