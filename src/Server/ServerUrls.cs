using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server;

/// <summary>The addresses that the server listens on, and that its health check calls.</summary>
internal static class ServerUrls
{
    private const string Default = "http://127.0.0.1:7071";

    /// <summary><c>Urls</c> from the arguments or the environment, else <c>ASPNETCORE_URLS</c>, else the default.</summary>
    public static string Of(IConfiguration settings) =>
        Filled(settings["Urls"]) ?? Filled(Environment.GetEnvironmentVariable("ASPNETCORE_URLS")) ?? Default;

    /// <summary>The single addresses.</summary>
    public static string[] Split(string urls) =>
        urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string? Filled(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
