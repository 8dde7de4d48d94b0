namespace Gatehouse.Access;

/// <summary>
/// A table that audit rows lie in beside its own rows, because they were written in one commit with a change of those
/// (<see cref="AuditTrail.Row"/>). Its own row keys do not begin with <c>audit:</c>.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Partitions">All its partitions: each page of the trail reads each of them, so there are few, 16 say.</param>
/// <param name="PartitionOf">The partition of an application's rows; null where they are in any.</param>
public sealed record AuditSource(string Table, IReadOnlyList<string> Partitions, Func<AppId, string>? PartitionOf = null);
