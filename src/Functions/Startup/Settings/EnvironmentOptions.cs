using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>What the process's surroundings say. Of these an operator sets only <c>Urls</c>.</summary>
internal sealed class EnvironmentOptions
{
    /// <summary>Where the app is. Only a Functions host sets it, and a worker without it answers no request.</summary>
    [ConfigurationKeyName("FUNCTIONS_APPLICATION_DIRECTORY")]
    public string? ApplicationDirectory { get; set; }

    /// <summary>The id of the instance. Only App Service sets it.</summary>
    [ConfigurationKeyName("WEBSITE_INSTANCE_ID")]
    public string? AzureInstance { get; set; }

    /// <summary>The addresses that the server listens on, separated by <c>;</c>.</summary>
    public string? Urls { get; set; }

    /// <summary>Whether a Functions host started this process. Others then reach it through the host.</summary>
    internal bool IsBehindHost => ApplicationDirectory is { Length: > 0 };

    /// <summary>Binds them.</summary>
    public static EnvironmentOptions Bind(IConfiguration configuration)
    {
        var options = new EnvironmentOptions();
        configuration.Bind(options);
        return options;
    }
}
