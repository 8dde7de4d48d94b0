using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: revokes expired tokens, rotates those that are due, and finishes or undoes half-done changes after a crash.</summary>
public sealed class RotateTokens(Leases leases, CustodyLog log)
{
    /// <summary>Does this for every application.</summary>
    [Function(nameof(RotateTokens))]
    public Task RunAsync([TimerTrigger("%RotateSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(RotateTokens), async () =>
            log.Report(nameof(RotateTokens), (await leases.RunAsync(cancellation)).Failures), cancellation);
}
