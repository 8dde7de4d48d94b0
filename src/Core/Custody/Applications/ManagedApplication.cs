using Gatehouse.Storage;

namespace Gatehouse.Custody.Applications;

/// <summary>An application in custody.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name at the platform.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="State">Its state.</param>
public sealed record ManagedApplication(AppId Id, string Name, DateTimeOffset CreatedAt, CustodyState State)
{
    internal static ManagedApplication Of(CustodyRecord record) => new(record.Id, record.Name, record.CreatedAt, record.State);

    /// <summary>The same of a record's row (<see cref="CustodyRecord"/>).</summary>
    /// <exception cref="RowFormatException">The row is not a record.</exception>
    internal static ManagedApplication Read(TableRow row)
    {
        var (id, name, createdAt, state) = CustodyRecord.ReadBasics(row);
        return new ManagedApplication(id, name, createdAt, state);
    }
}

/// <summary>A page of applications in custody.</summary>
/// <param name="Applications">In the order of their ids.</param>
/// <param name="Next">The page's last id, to request the next page with; null on the last page.</param>
public sealed record ManagedApplicationPage(IReadOnlyList<ManagedApplication> Applications, AppId? Next);
