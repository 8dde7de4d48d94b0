using Gatehouse.Access.Audit;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Runs changes at the platform or in the vault with an audit entry: <c>started</c> before the change, <c>done</c> or
/// <c>failed</c> after it.
/// </summary>
public sealed partial class AuditedChanges(AuditTrail trail, ILogger<AuditedChanges> log)
{
    /// <summary>Runs a change.</summary>
    /// <param name="call">The call.</param>
    /// <param name="change">What the entry says. The change can add to it.</param>
    /// <param name="run">The change.</param>
    /// <param name="cancellation">Cancels, until the entry is written.</param>
    /// <exception cref="StoreUnavailableException">The entry cannot be written. The change was not started.</exception>
    internal async Task<IResult> RunAsync(AuditCall call, OpsChange change, Func<Task<IResult>> run, CancellationToken cancellation)
    {
        var started = await trail.StartAsync(call, change.Target, cancellation);
        var isDone = false;
        try
        {
            var result = await run();
            isDone = result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest };
            return result;
        }
        finally
        {
            await EndAsync(started, isDone, change);
        }
    }

    private async Task EndAsync(AuditEntry started, bool isDone, OpsChange change)
    {
        try
        {
            await trail.EndAsync(started, isDone, change.Target, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // The caller gets the answer of the change all the same. Its audit entry stays "started".
            LogOutcomeLost(started.Operation, started.RequestId, e);
        }
    }

    [LoggerMessage(360, LogLevel.Error, "The audit entry of {Operation}, request {RequestId}, stays 'started': its outcome could not be written.")]
    private partial void LogOutcomeLost(string operation, string requestId, Exception e);
}
