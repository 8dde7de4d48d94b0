using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Keeps requests out of the logs. Paths contain API tokens (<c>/v3/applications/api_tokens/{token}</c>) and headers contain
/// credentials; the framework logs both at low log levels.
/// </summary>
internal static class RequestLogFilter
{
    // These write paths, queries or header values. Hosting.Diagnostics, at any level, also puts the path into the scope of every
    // other line of the request. HttpClient writes the paths that this app calls.
    private static readonly string[] Blocked =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",
        "Microsoft.AspNetCore.HostFiltering",
        "Microsoft.AspNetCore.HttpLogging",
        "Microsoft.AspNetCore.HttpOverrides",
        "System.Net.Http.HttpClient",
    ];

    // The rest of ASP.NET Core may log warnings and errors. Lower levels are cut, because a later version may write paths there.
    private const string Framework = "Microsoft.AspNetCore";

    /// <summary>
    /// Drops log lines that can show requests, for every provider and with any settings under <c>Logging</c>.
    /// </summary>
    public static IServiceCollection AddRequestLogFilter(this IServiceCollection services) =>
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(
            new PostConfigureOptions<LoggerFilterOptions>(Options.DefaultName, Restrict));

    // Only the most specific rule applies to a category, so every rule gets the condition, and a general rule is added.
    private static void Restrict(LoggerFilterOptions options)
    {
        for (var index = 0; index < options.Rules.Count; index++) options.Rules[index] = Restrict(options.Rules[index]);
        options.Rules.Insert(0, Restrict(new LoggerFilterRule(null, null, options.MinLevel, null)));
    }

    private static LoggerFilterRule Restrict(LoggerFilterRule rule) => new(
        rule.ProviderName,
        rule.CategoryName,
        rule.LogLevel,
        (provider, category, level) =>
            IsAllowed(category, level) && (rule.Filter is null || rule.Filter(provider, category, level)));

    private static bool IsAllowed(string? category, LogLevel level)
    {
        if (level < LogLevel.Warning && IsUnder(category, Framework)) return false;
        foreach (var blocked in Blocked)
        {
            if (IsUnder(category, blocked)) return false;
        }
        return true;
    }

    private static bool IsUnder(string? category, string name) =>
        category is not null
        && category.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (category.Length == name.Length || category[name.Length] == '.');
}
