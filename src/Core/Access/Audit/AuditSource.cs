namespace Gatehouse.Access.Audit;

/// <summary>
/// A table with audit rows among its own rows, because they were written in one commit with a change of those
/// (<see cref="AuditTrail.Row"/>). Its own row keys must not begin with <c>audit:</c>.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Partitions">All its partitions. Each page of the trail reads all of them, so there should be few, such as
/// 16.</param>
/// <param name="PartitionOf">The partition of an application's rows; null where they can be in any.</param>
public sealed record AuditSource(string Table, IReadOnlyList<string> Partitions, Func<AppId, string>? PartitionOf = null);
