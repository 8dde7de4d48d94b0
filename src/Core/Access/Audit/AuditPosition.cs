using System.Buffers.Binary;
using System.Globalization;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>
/// The position of an entry in the audit trail: its time and its id. Row keys count the time down, so that the newest comes
/// first in every partition: <c>audit:{ticks until the end of time, 19 digits}:{id}</c>.
/// </summary>
internal readonly record struct AuditPosition(long Ticks, ulong Id)
{
    private const string Prefix = "audit:";

    /// <summary>The position as a row key.</summary>
    public string RowKey => string.Create(CultureInfo.InvariantCulture, $"{KeyOf(Ticks)}:{Id:x16}");

    /// <summary>Every entry of a partition.</summary>
    public static RowRange All => RowRange.Prefix(Prefix);

    public static AuditPosition Of(AuditEntry entry) =>
        new(entry.At.UtcTicks, ulong.Parse(entry.Id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>The entries from one instant until before another; null for no bound.</summary>
    public static RowRange Between(DateTimeOffset? from, DateTimeOffset? before)
    {
        var range = All;
        if (before is { } end) range = range with { From = KeyOf(end.UtcTicks - 1) };
        if (from is { } start) range = range with { Before = KeyOf(start.UtcTicks - 1) };
        return range;
    }

    public Guid ToGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Ticks);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Id);
        return new Guid(bytes);
    }

    public static AuditPosition From(Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes);
        return new(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    private static string KeyOf(long ticks) => Prefix + TimeKeys.NewestFirst(ticks);
}
