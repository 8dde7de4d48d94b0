using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Timers;
using Gatehouse.Jobs;
using Gatehouse.Server.Http;
using Gatehouse.Server.Timers;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Gatehouse.Server;

/// <summary>What the server needs of the application.</summary>
internal static class ServerServices
{
    /// <summary>Lets the server run single jobs, recognize the local key, and serve the measures if a setting says so.</summary>
    public static ServerBuilder AddServerServices(this ServerBuilder builder)
    {
        // The runner is made when it is first needed, and not at the start.
        builder.Services.AddSingleton(provider => new JobRequests(
            job => provider.GetRequiredService<JobRunner>().Request(job) is { } kind ? JobFunctions.NameOf(kind) : null,
            () => [.. provider.GetRequiredService<JobRunner>().Names]));
        builder.Services.AddSingleton(provider => new AdminAccess(
            key => provider.GetRequiredService<KeyCallers>().Find(key)?.Name == KeyCallers.LocalName,
            provider.GetRequiredService<CredentialLimit>()));
        if (builder.ServesMetrics) AddPrometheus(builder.Services);
        return builder;
    }

    // A separate method: compiling a method loads the assemblies of the types it uses.
    private static void AddPrometheus(IServiceCollection services) =>
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddPrometheusExporter());
}
