using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Keeps requests out of the logs: paths hold API tokens (<c>/v3/applications/api_tokens/{token}</c>), headers hold
/// credentials, and the framework logs both where it is asked to be talkative.
/// </summary>
internal static class RequestLogFilter
{
    // What writes paths, queries or header values, or puts a path into the scope of every other line of a request
    // (Hosting.Diagnostics, which does so where any level of it is enabled). HttpClient's are the paths that this app calls.
    private static readonly string[] Silenced =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",
        "Microsoft.AspNetCore.HostFiltering",
        "Microsoft.AspNetCore.HttpLogging",
        "Microsoft.AspNetCore.HttpOverrides",
        "System.Net.Http.HttpClient",
    ];

    // The rest of ASP.NET Core is heard from warnings on: what its next version writes below that, nobody has read yet.
    private const string Framework = "Microsoft.AspNetCore";

    /// <summary>
    /// Whatever the settings under <c>Logging</c> say, for whichever provider: logs that show requests are never written.
    /// </summary>
    public static IServiceCollection AddRequestLogFilter(this IServiceCollection services) =>
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(
            new PostConfigureOptions<LoggerFilterOptions>(Options.DefaultName, Restrict));

    // Exactly one rule decides for a category, the most specific one: so each gets the condition, and there is always one.
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
            IsHarmless(category, level) && (rule.Filter is null || rule.Filter(provider, category, level)));

    private static bool IsHarmless(string? category, LogLevel level)
    {
        if (level < LogLevel.Warning && IsUnder(category, Framework)) return false;
        foreach (var silenced in Silenced)
        {
            if (IsUnder(category, silenced)) return false;
        }
        return true;
    }

    private static bool IsUnder(string? category, string name) =>
        category is not null
        && category.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (category.Length == name.Length || category[name.Length] == '.');
}
