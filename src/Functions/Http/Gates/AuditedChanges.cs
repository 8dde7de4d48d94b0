using Gatehouse.Functions.Http.Replies;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Runs changes at the platform or in the vault with an audit entry: <c>started</c> before the change, <c>done</c> or
/// <c>failed</c> after it, in commits of the change where it can (<see cref="Access.Audit.CallRecord"/>).
/// </summary>
public sealed partial class AuditedChanges(ILogger<AuditedChanges> log)
{
    /// <summary>Runs a change.</summary>
    /// <param name="change">What the entry says. The change can add to it.</param>
    /// <param name="run">The change.</param>
    /// <param name="cancellation">Cancels, until the entry is written.</param>
    /// <exception cref="StoreUnavailableException">The entry cannot be written. The change was not started.</exception>
    internal Task<IResult> RunAsync(OpsChange change, Func<Task<IResult>> run, CancellationToken cancellation) =>
        EndedAsync(change, async () =>
        {
            await change.Record.StartAsync(cancellation);
            return await run();
        });

    /// <summary>Prepares and runs a change. If it cannot be prepared, <c>failed</c> is the only row.</summary>
    internal Task<IResult> RunAsync(OpsChange change, Func<Task<PreparedChange>> prepare, CancellationToken cancellation) =>
        EndedAsync(change, async () =>
        {
            var prepared = await prepare();
            if (!prepared.WritesEntry) await change.Record.StartAsync(cancellation);
            return await prepared.Run();
        });

    private async Task<IResult> EndedAsync(OpsChange change, Func<Task<IResult>> run)
    {
        var isDone = false;
        try
        {
            var result = await run();
            isDone = result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest };
            change.Record.Answer = (result as Reply)?.ToStored();
            return result;
        }
        finally
        {
            await EndAsync(isDone, change);
        }
    }

    private async Task EndAsync(bool isDone, OpsChange change)
    {
        try
        {
            await change.Record.EndAsync(isDone, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // The caller gets the answer of the change all the same. Its audit entry stays "started".
            LogOutcomeLost(change.Call.Operation, change.Call.RequestId, e);
        }
    }

    [LoggerMessage(360, LogLevel.Error, "The audit entry of {Operation}, request {RequestId}, stays 'started': its outcome could not be written.")]
    private partial void LogOutcomeLost(string operation, string requestId, Exception e);
}
