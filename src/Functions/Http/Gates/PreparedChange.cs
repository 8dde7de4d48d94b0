using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// A change whose request has been read. The gate runs it, or only tells what it would do: for a request with
/// <c>?dry_run=true</c>. So an operation cannot forget dry runs.
/// </summary>
/// <param name="Run">Makes the change.</param>
/// <param name="Preview">Checks the change as far as possible, changes nothing, and tells what would happen.</param>
/// <param name="WritesEntry">Whether the change writes its audit entry in its own commits (<see cref="OpsChange.Record"/>).</param>
public sealed record PreparedChange(Func<Task<IResult>> Run, Func<Task<IResult>> Preview, bool WritesEntry = false);
