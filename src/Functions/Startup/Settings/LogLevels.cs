using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Checks the levels in <c>Logging__LogLevel__...</c> and <c>Logging__PROVIDER__LogLevel__...</c>, which .NET reads by itself.</summary>
internal static class LogLevels
{
    private const string Section = "Logging";
    private const string Levels = "LogLevel";

    /// <summary>Requires that each is a level. .NET's own refusal does not name the setting.</summary>
    /// <exception cref="SettingException">One is not.</exception>
    public static void Require(IConfiguration configuration)
    {
        foreach (var (path, value) in configuration.GetSection(Section).AsEnumerable())
        {
            if (string.IsNullOrEmpty(value) || path.Split(':') is not ([_, Levels, _] or [_, _, Levels, _])) continue;
            if (Enum.TryParse<LogLevel>(value, ignoreCase: true, out _)) continue;
            throw new SettingException(
                $"{path.Replace(":", "__", StringComparison.Ordinal)} must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}, not '{value}'.");
        }
    }
}
