using System.Net.Sockets;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Startup;

/// <summary>Runs the application from its start to its stop.</summary>
public static class GatehouseHost
{
    /// <summary>
    /// Builds the host, starts it and waits until it is stopped. What stops the start is one line on standard error, without a stack:
    /// it is for an operator. The line begins with "error", because the Functions host logs as errors only those lines of standard
    /// error that say so, and drops the others at the levels of <c>host.json</c>.
    /// </summary>
    public static async Task<int> RunAsync(Func<IHost> build)
    {
        IHost? host = null;
        try
        {
            host = build();
            await host.StartAsync();
        }
        catch (OperationCanceledException) when (IsStopping(host))
        {
            // It was stopped during its start.
            await DisposeAsync(host);
            return 0;
        }
        catch (Exception e)
        {
            var reason = ReasonOf(e, host);
            await DisposeAsync(host);
            await ReportAsync($"Gatehouse cannot start: {reason}");
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

    /// <summary>Runs a command. What stops it is one line on standard error.</summary>
    public static async Task<int> RunAsync(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (Exception e)
        {
            await ReportAsync(ReasonOf(e, host: null));
            return 1;
        }
    }

    private static bool IsStopping(IHost? host) =>
        host?.Services.GetService<IHostApplicationLifetime>()?.ApplicationStopping.IsCancellationRequested == true;

    private static Task ReportAsync(string reason) =>
        Console.Error.WriteLineAsync($"error: {string.Join(' ', reason.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}");

    // The server throws IOException if a port is in use, and InvalidOperationException for an invalid route or schedule.
    private static string ReasonOf(Exception e, IHost? host) => e switch
    {
        AggregateException { InnerExceptions: [var only] } => ReasonOf(only, host),
        IOException { InnerException: AddressInUseException } =>
            $"Urls: {e.Message} Stop the other program, or set Urls to another address.",
        SettingException or AccessSettingException or VaultException or StoreUnavailableException
            or IOException or UnauthorizedAccessException or InvalidOperationException => e.Message,
        // Its message names no address. Kestrel listens on those of the setting.
        SocketException socket => $"Urls: {host?.Services.GetService<IConfiguration>()?["Urls"]} cannot be listened on: {socket.Message}.",
        // A bug. Where it was thrown helps to find it, and no more than one line is for the operator.
        _ => $"{e.GetType()} in {e.TargetSite?.DeclaringType?.FullName}.{e.TargetSite?.Name}: {e.Message}",
    };

    private static async Task DisposeAsync(IHost? host)
    {
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else host?.Dispose();
    }
}
