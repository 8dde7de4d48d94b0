using Gatehouse.Access.Callers;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Startup;

/// <summary>Runs the application from its start to its stop.</summary>
public static class GatehouseHost
{
    /// <summary>
    /// Builds the host, starts it and waits until it is stopped. What stops the start and is the operator's to mend is one
    /// line on standard error and exit code 1; whatever else goes wrong is shown whole.
    /// </summary>
    public static async Task<int> RunAsync(Func<IHost> build)
    {
        IHost? host = null;
        try
        {
            host = build();
            await host.StartAsync();
        }
        catch (Exception e) when (IsForTheOperator(e))
        {
            await DisposeAsync(host);
            await Console.Error.WriteLineAsync($"Gatehouse does not start: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        try
        {
            await host.WaitForShutdownAsync();
            return 0;
        }
        finally
        {
            await DisposeAsync(host);
        }
    }

    // A port in use is an IOException of the server's; a route or a schedule that is wrong, an InvalidOperationException.
    private static bool IsForTheOperator(Exception e) =>
        e is SettingException or AccessSettingException or VaultException or StoreUnavailableException
            or IOException or InvalidOperationException;

    private static async Task DisposeAsync(IHost? host)
    {
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else host?.Dispose();
    }
}
