using Gatehouse.Access.Audit;
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
        var readiness = new Readiness(new FailingStore(), vault, new DiskProbe(null, false, false), clock, NullLogger<Readiness>.Instance);
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
        var readiness = new Readiness(new FailingStore(), vault, new DiskProbe(null, false, false), clock, NullLogger<Readiness>.Instance);
        var asking = readiness.FindAsync(default);
        await vault.BeingAsked;
        Assert.False(asking.IsCompleted);
        clock.Advance(Readiness.Timeout);
        Assert.False((await asking).Vault);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task The_store_is_ready_if_the_account_of_the_audit_trail_answers_too(bool tablesAnswer, bool auditAnswers)
    {
        var store = new SplitTableStore(
            new FailingStore { Answers = tablesAnswer }, AuditTrail.Table, new FailingStore { Answers = auditAnswers });
        var readiness = new Readiness(
            store, new FailingVault(), new DiskProbe(null, false, false), new TestClock(), NullLogger<Readiness>.Instance);
        Assert.Equal(tablesAnswer && auditAnswers, (await readiness.FindAsync(default)).Store);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_is_kept_in_a_folder_that_takes_no_writes_is_unavailable(bool holdsStore, bool holdsVault)
    {
        var gone = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        var readiness = new Readiness(
            new FailingStore { Answers = true }, new FailingVault(), new DiskProbe(gone, holdsStore, holdsVault), new TestClock(), NullLogger<Readiness>.Instance);

        Assert.Equal(new ReadinessReport(!holdsStore, !holdsVault), await readiness.FindAsync(default));
    }

    [Fact]
    public async Task Any_number_of_calls_write_once_in_five_seconds_and_leave_nothing()
    {
        using var folder = new TemporaryFolder();
        using var watcher = new FileSystemWatcher(folder.Path) { EnableRaisingEvents = true };
        var written = 0;
        watcher.Created += (_, _) => Interlocked.Increment(ref written);
        var clock = new TestClock();
        var readiness = new Readiness(
            new FailingStore { Answers = true }, new FailingVault(), new DiskProbe(folder.Path, true, true), clock, NullLogger<Readiness>.Instance);
        for (var round = 1; round <= 2; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => readiness.FindAsync(default))));
            // Store and vault share a write, unless the first has ended before the second begins.
            await Waiting.UntilAsync(() => Volatile.Read(ref written) >= round);
            Assert.InRange(Volatile.Read(ref written), round, 2 * round);
            clock.Advance(Readiness.CacheTime);
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private sealed class FailingStore : ITableStore
    {
        public bool Answers { get; init; }

        public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
            Answers ? ValueTask.FromResult<TableRow?>(null) : throw new StoreUnavailableException("The store is down.", new IOException());

        public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
            string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
