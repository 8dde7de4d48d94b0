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
    /// Builds the host, starts it and waits until it is stopped. What stops the start is one line on standard error; an
    /// unexpected exception is thrown on after it. The line begins with "error", because the Functions host logs as errors
    /// only those lines of standard error that say so, and drops the others at the levels of <c>host.json</c>.
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
            await ReportAsync(e.Message);
            return 1;
        }
        catch (Exception e)
        {
            await ReportAsync($"{e.GetType()}: {e.Message}");
            throw;
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

    /// <summary>Runs a command. What stops it is one line on standard error.</summary>
    public static async Task<int> RunAsync(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (Exception e) when (IsForTheOperator(e))
        {
            await Console.Error.WriteLineAsync($"error: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static Task ReportAsync(string reason) =>
        Console.Error.WriteLineAsync($"error: Gatehouse cannot start: {reason.ReplaceLineEndings(" ")}");

    // The server throws IOException if a port is in use, and InvalidOperationException for an invalid route or schedule.
    private static bool IsForTheOperator(Exception e) =>
        e is SettingException or AccessSettingException or VaultException or StoreUnavailableException
            or IOException or InvalidOperationException;

    private static async Task DisposeAsync(IHost? host)
    {
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else host?.Dispose();
    }
}
