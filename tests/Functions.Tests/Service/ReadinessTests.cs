using Gatehouse.Functions.Service;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>How often and how long the checks behind <c>/health/ready</c> ask the store and the vault.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task Any_number_of_calls_read_the_vault_once_in_five_seconds()
    {
        var clock = new TestClock();
        var vault = new FailingVault();
        var readiness = new Readiness(new FailingStore(), vault, clock, NullLogger<Readiness>.Instance);
        for (var round = 1; round <= 2; round++)
        {
            var reports = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => readiness.FindAsync(default))));
            Assert.All(reports, report => Assert.Equal(new ReadinessReport(Store: false, Vault: true), report));
            Assert.Equal(round, vault.Asked);
            clock.Advance(Readiness.CacheTime);
        }
    }

    [Fact]
    public async Task A_vault_that_does_not_answer_is_unavailable_after_two_seconds()
    {
        var clock = new TestClock();
        var vault = new FailingVault { Hangs = true };
        var readiness = new Readiness(new FailingStore(), vault, clock, NullLogger<Readiness>.Instance);
        var asking = readiness.FindAsync(default);
        await vault.BeingAsked;
        Assert.False(asking.IsCompleted);
        clock.Advance(Readiness.Timeout);
        Assert.False((await asking).Vault);
    }

    private sealed class FailingStore : ITableStore
    {
        public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
            throw new StoreUnavailableException("The store is down.", new IOException());

        public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
            string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
