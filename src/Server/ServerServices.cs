using Gatehouse.Access.Callers;
using Gatehouse.Server.Http;
using Gatehouse.Server.Timers;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Server;

/// <summary>What the server needs of the application.</summary>
internal static class ServerServices
{
    /// <summary>Lets the server remember when timers ran, and recognize the local key.</summary>
    public static ServerBuilder AddServerServices(this ServerBuilder builder)
    {
        builder.Services.AddSingleton<TimerMemory>();
        builder.Services.AddSingleton(provider => new AdminAccess(
            key => provider.GetRequiredService<KeyCallers>().Find(key)?.Name == KeyCallers.LocalName));
        return builder;
    }
}
