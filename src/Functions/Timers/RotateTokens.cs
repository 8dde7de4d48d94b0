using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Revokes, every minute, what is over, replaces what is due, and finishes what a crash left half done.</summary>
public sealed class RotateTokens(Leases leases, CustodyLog failures)
{
    /// <summary>Does what is due, of every application.</summary>
    [Function(nameof(RotateTokens))]
    public Task RunAsync([TimerTrigger("%RotateSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(RotateTokens), async () =>
            failures.Report(nameof(RotateTokens), (await leases.RunAsync(cancellation)).Failures), cancellation);
}
