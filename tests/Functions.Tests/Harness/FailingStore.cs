using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The store of a running Gatehouse, which fails where a test says so.</summary>
internal sealed class FailingStore() : InterposedStore(null!)
{
    private ITableStore inner = null!;

    protected override ITableStore Inner => inner;

    /// <summary>Whether a read of a range fails, by its table.</summary>
    public Func<string, RowRange, bool> FailsToRead { get; set; } = (_, _) => false;

    /// <summary>Whether a commit fails that has this row.</summary>
    public Func<TableRow, bool> FailsToWrite { get; set; } = _ => false;

    /// <summary>Puts it in the place of the store. For <see cref="Head.StartAsync"/>.</summary>
    public void Configure(IServiceCollection services)
    {
        var real = services.Last(service => service.ServiceType == typeof(ITableStore)).ImplementationFactory!;
        services.AddSingleton<ITableStore>(provider =>
        {
            inner = (ITableStore)real(provider);
            return this;
        });
    }

    public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
        FailsToRead(table, range) ? throw new StoreUnavailableException("The store does not answer.")
        : base.ReadAsync(table, partition, range, most, cancellation);

    public override ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        changes.Any(change => FailsToWrite(change.Row)) ? throw new StoreUnavailableException("The store is full.")
        : base.CommitAsync(table, partition, changes, cancellation);
}
