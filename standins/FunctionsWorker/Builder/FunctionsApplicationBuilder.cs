using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Azure.Functions.Worker.LocalHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Builds an app of functions: its services, its settings, and at last its host.</summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder
{
    // Open requests get this long to end before they are cut off, which Kestrel may take another second over.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    private readonly WebApplicationBuilder web;
    private readonly IEnumerable<Type> functionClasses;

    internal FunctionsApplicationBuilder(string[]? args, IEnumerable<Type> functionClasses)
    {
        this.functionClasses = functionClasses;

        // The empty builder reads no appsettings.json and no Kestrel section: Urls alone says where the host listens.
        web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = EnvironmentName() });
        web.Configuration
            .AddInMemoryCollection(Defaults())
            .AddEnvironmentVariables()
            .AddCommandLine(args ?? []);

        web.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        web.Services.AddRouting();
        web.Host.UseDefaultServiceProvider(container => container.ValidateOnBuild = true);
        web.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        web.Logging
            .AddConfiguration(web.Configuration.GetSection("Logging"))
            .AddSimpleConsole(console => console.SingleLine = true);
    }

    /// <summary>What parts of the app's making share with each other.</summary>
    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)web).Properties;

    /// <summary>The settings: environment variables, and over them the command line.</summary>
    public ConfigurationManager Configuration => web.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => Configuration;

    /// <summary>Which environment this is, and where the app lies.</summary>
    public IHostEnvironment Environment => web.Environment;

    /// <summary>Where logs go.</summary>
    public ILoggingBuilder Logging => web.Logging;

    /// <summary>Where metrics go.</summary>
    public IMetricsBuilder Metrics => web.Metrics;

    /// <summary>The services that functions' constructors can ask for.</summary>
    public IServiceCollection Services => web.Services;

    internal bool IsWebApplication { get; set; }

    /// <summary>Puts another container in the place of the default one.</summary>
    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull =>
        ((IHostApplicationBuilder)web).ConfigureContainer(factory, configure);

    /// <summary>Makes the host that serves the functions. To be called once.</summary>
    /// <exception cref="InvalidOperationException">A function, its route or its schedule cannot be served; the message is
    /// one line that names it.</exception>
    public IHost Build()
    {
        CheckAddresses(Configuration["Urls"]);
        var prefix = HostJson.ReadRoutePrefix(Path.Combine(AppContext.BaseDirectory, "host.json"));
        var functions = new FunctionIndex(functionClasses, Configuration, prefix);
        if (functions.Http.Count > 0 && !IsWebApplication)
            throw new FunctionStartException("The app has HTTP functions: call ConfigureFunctionsWebApplication().");

        Services.TryAddSingleton(TimeProvider.System);
        Services.AddSingleton(functions.Timers);
        Services.AddSingleton<TimerService>();
        Services.AddHostedService(services => services.GetRequiredService<TimerService>());

        var app = BuildWeb();
        Constructors.Check(functions, app.Services);
        FunctionRoutes.Serve(app, functions.Http);
        return app;
    }

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

    private static void CheckAddresses(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
                throw new FunctionStartException($"Urls: '{url}' is no http:// address; the local host serves no other.");
        }
    }

    private static Dictionary<string, string?> Defaults() => new()
    {
        ["Urls"] = System.Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "http://127.0.0.1:7071",
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
    };

    private static string EnvironmentName() =>
        System.Environment.GetEnvironmentVariable("AZURE_FUNCTIONS_ENVIRONMENT")
        ?? System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
        ?? Environments.Production;
}
