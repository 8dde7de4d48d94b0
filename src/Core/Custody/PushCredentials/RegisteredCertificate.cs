using System.Runtime.CompilerServices;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Custody.PushCredentials;

/// <summary>The findings of a certificate that was registered here. The platform does not report them.</summary>
internal sealed record RegisteredCertificate(
    string Id, string BundleId, bool ForProduction, string Thumbprint, DateTimeOffset ExpiresAt, DateTimeOffset RegisteredAt);

/// <summary>Reads and writes the findings of certificates. Neither the file nor the password is stored.</summary>
/// <remarks>
/// Table <c>PushCredentials</c>, partition: the first digit of the application's id; row <c>{app id}:{push id}</c>. A row
/// only adds to what the platform lists. Without it, a certificate is known by its name. A row of a deleted credential does
/// no harm, and the daily check removes it.
/// </remarks>
internal sealed class RegisteredCertificates(ITableStore store)
{
    private const string Table = "PushCredentials";
    private const char Separator = ':', BehindSeparator = ';';
    private const int MostIdCharacters = 128;

    public async ValueTask<IReadOnlyDictionary<string, RegisteredCertificate>> ReadAsync(
        AppId application, CancellationToken cancellation)
    {
        var found = new Dictionary<string, RegisteredCertificate>();
        var range = RowRange.Prefix($"{application}{Separator}");
        while (true)
        {
            var rows = await store.ReadAsync(
                Table, HexPartitions.Of(application), range, TableLimits.RowsPerRead, cancellation);
            foreach (var one in ReadableRows.Of(rows, Read)) found[one.Id] = one;
            if (rows.Count < TableLimits.RowsPerRead) return found;
            range = range.StartingAfter(rows[^1].Key);
        }
    }

    /// <summary>Stores findings. An id that no platform would give is ignored.</summary>
    public async ValueTask SaveAsync(AppId application, RegisteredCertificate one, CancellationToken cancellation)
    {
        if (one.Id.Length > MostIdCharacters || !one.Id.All(char.IsAsciiLetterOrDigit)) return;
        var row = new TableRow(
            $"{application}{Separator}{one.Id}",
            ("BundleId", one.BundleId), ("ForProduction", one.ForProduction), ("Thumbprint", one.Thumbprint),
            ("ExpiresAt", one.ExpiresAt), ("RegisteredAt", one.RegisteredAt));
        await store.CommitAsync(Table, HexPartitions.Of(application), [RowChange.Put(row)], cancellation);
    }

    /// <summary>Deletes findings. Does nothing where another instance has done so.</summary>
    public async ValueTask DeleteAsync(AppId application, string id, CancellationToken cancellation) =>
        await store.CommitAsync(
            Table, HexPartitions.Of(application), [RowChange.Delete($"{application}{Separator}{id}")], cancellation);

    /// <summary>The applications with stored findings.</summary>
    public async IAsyncEnumerable<AppId> ReadApplicationsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var partition in HexPartitions.OfApplications)
        {
            var range = RowRange.All;
            while (await store.ReadAsync(Table, partition, range, 1, cancellation) is [var row])
            {
                var isReadable = ReadableRows.TryRead(row, ApplicationOf, out var application);
                range = isReadable ? new RowRange($"{application}{BehindSeparator}", null) : range.StartingAfter(row.Key);
                if (isReadable) yield return application;
            }
        }
    }

    private static RegisteredCertificate Read(TableRow row) => new(
        row.Key[(row.Key.IndexOf(Separator, StringComparison.Ordinal) + 1)..], row.GetString("BundleId"), row.GetBoolean("ForProduction"),
        row.GetString("Thumbprint"), row.GetDateTimeOffset("ExpiresAt"), row.GetDateTimeOffset("RegisteredAt"));

    private static AppId ApplicationOf(TableRow row) =>
        ApplicationRows.IdOf(row.Key, row.Key.AsSpan(0, Math.Max(0, row.Key.IndexOf(Separator, StringComparison.Ordinal))));
}
