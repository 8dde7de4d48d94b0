using Gatehouse.Functions.Startup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Bench.InProcess;

/// <summary>The product's services over a data folder. Nothing is served, and no timer runs.</summary>
internal sealed class Product : IAsyncDisposable
{
    private readonly IHost host;

    /// <summary>Opens a data folder, and creates it if it does not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="clock">The clock; null for the machine's.</param>
    public Product(string folder, TimeProvider? clock = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Storage:Path", folder)]);
        if (clock is not null) builder.Services.AddSingleton(clock);
        builder.AddGatehouse();
        host = builder.Build();
    }

    /// <summary>One of the product's services.</summary>
    public T Get<T>() where T : notnull => host.Services.GetRequiredService<T>();

    /// <summary>Closes the data folder.</summary>
    public ValueTask DisposeAsync() => ((IAsyncDisposable)host).DisposeAsync();
}

/// <summary>The machine's clock, some time ago.</summary>
internal sealed class PastClock(TimeSpan ago) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - ago;
}
