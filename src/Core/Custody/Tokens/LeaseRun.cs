using System.Collections.Concurrent;

namespace Gatehouse.Custody.Tokens;

/// <summary>The result of a timer run over the leases.</summary>
/// <param name="Revoked">How many leases and replaced tokens were revoked.</param>
/// <param name="Rotated">How many leases got a new token.</param>
/// <param name="Failures">What could not be done.</param>
public sealed record LeaseRun(int Revoked, int Rotated, IReadOnlyList<CustodyFailure> Failures)
{
    /// <summary>Counts for several threads.</summary>
    internal sealed class Counter
    {
        private readonly ConcurrentQueue<CustodyFailure> failures = new();
        private int revokedSoFar;
        private int rotatedSoFar;

        public LeaseRun Result => new(revokedSoFar, rotatedSoFar, [.. failures]);

        public void Add(int revoked = 0, int rotated = 0)
        {
            Interlocked.Add(ref revokedSoFar, revoked);
            Interlocked.Add(ref rotatedSoFar, rotated);
        }

        public void Add(CustodyFailure failure) => failures.Enqueue(failure);
    }
}
