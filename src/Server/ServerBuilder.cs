using System.Globalization;
using System.Reflection;
using Gatehouse.Server.Http;
using Gatehouse.Server.Invocation;
using Gatehouse.Server.Timers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Gatehouse.Server;

/// <summary>Builds a server that runs Azure Functions on Kestrel, without a Functions host.</summary>
public sealed class ServerBuilder : IHostApplicationBuilder
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const string ShutdownSeconds = "ShutdownSeconds";
    private const int DefaultShutdownSeconds = 10;
    private const int MostShutdownSeconds = 600;

    private readonly WebApplicationBuilder web;
    private readonly IEnumerable<Type> functionClasses;

    /// <summary>Prepares a server for the functions of an assembly.</summary>
    /// <param name="settings">Settings that override the environment variables.</param>
    /// <param name="functions">The assembly with the functions.</param>
    public ServerBuilder(IEnumerable<KeyValuePair<string, string?>> settings, Assembly functions)
        : this(settings, functions.GetExportedTypes())
    {
    }

    internal ServerBuilder(IEnumerable<KeyValuePair<string, string?>> settings, IEnumerable<Type> functionClasses)
    {
        this.functionClasses = functionClasses;

        // The empty builder reads no appsettings.json and no Kestrel section: Urls alone sets the addresses.
        web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = EnvironmentName() });
        web.Configuration
            .AddInMemoryCollection(Defaults())
            .AddEnvironmentVariables()
            .AddInMemoryCollection(settings);
        // Without Urls, ASP.NET Core would take these, and listen on every address of the machine.
        web.Configuration.AddInMemoryCollection(
        [
            new("Urls", string.Join(';', ServerUrls.Split(ServerUrls.Of(web.Configuration)))),
            new("HTTP_PORTS", ""), new("HTTPS_PORTS", ""),
        ]);

        web.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionLimit.OfThisProcess();
        });
        web.Services.AddRouting();
        web.Host.UseDefaultServiceProvider(container => container.ValidateOnBuild = true);
        // The time for open requests to end before they are aborted.
        web.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTime());
        // If nobody reads standard output, log lines are dropped and counted. They must never hold up a request.
        web.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        web.Logging
            .AddConfiguration(web.Configuration.GetSection("Logging"))
            // The program reports what stops the start in one line. The host would log the same again, with the stack.
            .AddFilter(HostCategory, LogLevel.Critical)
            // A level for this provider alone, such as Logging__Console__LogLevel__Default, would take precedence.
            .AddFilter<ConsoleLoggerProvider>(HostCategory, LogLevel.Critical)
            .AddSimpleConsole(console => console.SingleLine = true);
    }

    /// <inheritdoc/>
    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)web).Properties;

    /// <summary>The settings: environment variables, overridden by those given to the constructor.</summary>
    public ConfigurationManager Configuration => web.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => Configuration;

    /// <summary><c>Telemetry__Prometheus</c>: whether <c>/metrics</c> is served.</summary>
    internal bool ServesMetrics => Configuration["Telemetry:Prometheus"] == "true";

    /// <inheritdoc/>
    public IHostEnvironment Environment => web.Environment;

    /// <inheritdoc/>
    public ILoggingBuilder Logging => web.Logging;

    /// <inheritdoc/>
    public IMetricsBuilder Metrics => web.Metrics;

    /// <inheritdoc/>
    public IServiceCollection Services => web.Services;

    /// <inheritdoc/>
    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull =>
        ((IHostApplicationBuilder)web).ConfigureContainer(factory, configure);

    /// <summary>Builds the server. Call it once.</summary>
    /// <exception cref="InvalidOperationException">A function, its route or its schedule cannot be served; the message is
    /// one line that names it.</exception>
    public IHost Build()
    {
        CheckAddresses(Configuration["Urls"]);
        ShutdownTime();
        var prefix = HostJson.ReadRoutePrefix(Path.Combine(AppContext.BaseDirectory, "host.json"));
        var functions = new FunctionIndex(functionClasses, Configuration, prefix);

        Services.TryAddSingleton(TimeProvider.System);
        Services.AddSingleton(functions.Timers);
        Services.AddSingleton<TimerService>();
        Services.AddHostedService(services => services.GetRequiredService<TimerService>());

        var app = BuildWeb();
        Constructors.Check(functions.Methods, app.Services);
        foreach (var function in functions.Http) function.Bind(IsSingleton);
        FunctionRoutes.Serve(app, functions.Http, ServesMetrics);
        return app;
    }

    private bool IsSingleton(Type service) => Services.LastOrDefault(known => known.ServiceType == service
        || (service.IsGenericType && known.ServiceType == service.GetGenericTypeDefinition())) is { Lifetime: ServiceLifetime.Singleton };

    private WebApplication BuildWeb()
    {
        try
        {
            return web.Build();
        }
        catch (AggregateException faults)
        {
            throw new FunctionStartException(faults.InnerExceptions[0].GetBaseException().Message, faults);
        }
    }

    private TimeSpan ShutdownTime()
    {
        if (Configuration[ShutdownSeconds] is not { } text) return TimeSpan.FromSeconds(DefaultShutdownSeconds);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MostShutdownSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new FunctionStartException($"{ShutdownSeconds} must be a whole number from 0 to {MostShutdownSeconds}.");
    }

    private static void CheckAddresses(string? urls)
    {
        var addresses = ServerUrls.Split(urls ?? "");
        if (addresses.Length == 0) throw new FunctionStartException("Urls must hold addresses such as http://127.0.0.1:7071.");
        foreach (var url in addresses)
        {
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
                throw new FunctionStartException($"Urls: '{url}' is not an http:// address. This server supports http only.");
        }
    }

    private static Dictionary<string, string?> Defaults() => new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
    };

    private static string EnvironmentName() =>
        System.Environment.GetEnvironmentVariable("AZURE_FUNCTIONS_ENVIRONMENT")
        ?? System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
        ?? Environments.Production;
}
