using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Gatehouse.Storage;

/// <summary>
/// A row's properties as bytes: a format version, the number of properties, and for each its name (length, ASCII), its
/// type and its value. Numbers are little-endian; texts (UTF-8) and binaries follow their length, 7 bits a byte.
/// </summary>
internal static class RowCodec
{
    private const byte Version = 1;

    private static readonly object True = true;
    private static readonly object False = false;

    // Stored: a type's number is never changed.
    private enum PropertyType : byte
    {
        Text = 1,
        Int32 = 2,
        Int64 = 3,
        Double = 4,
        False = 5,
        True = 6,
        Instant = 7,
        Guid = 8,
        Binary = 9,
    }

    /// <summary>The bytes that <see cref="Write"/> writes for a row within <see cref="TableLimits"/>.</summary>
    public static int SizeOf(TableRow row)
    {
        var size = 2;
        foreach (var (name, value) in row.Span) size += 1 + name.Length + 1 + SizeOf(value);
        return size;
    }

    /// <summary>Writes a row within <see cref="TableLimits"/> into exactly <see cref="SizeOf(TableRow)"/> bytes.</summary>
    public static void Write(TableRow row, Span<byte> to)
    {
        to[0] = Version;
        to[1] = (byte)row.Span.Length;
        to = to[2..];
        foreach (var (name, value) in row.Span)
        {
            to[0] = (byte)name.Length;
            Encoding.ASCII.GetBytes(name, to[1..]);
            to = to[(1 + name.Length)..];
            to = WriteValue(value, to);
        }
    }

    /// <summary>The properties that <see cref="Write"/> wrote.</summary>
    /// <exception cref="RowFormatException">These are not such bytes.</exception>
    public static RowProperty[] Read(ReadOnlySpan<byte> bytes)
    {
        var from = Begin(bytes, out var count);
        var properties = new RowProperty[count];
        foreach (ref var property in properties.AsSpan())
        {
            var name = Encoding.Latin1.GetString(from.Take(from.Byte()));
            if (!TableLimits.IsPropertyName(name)) throw Corrupt("it has a bad name");
            property = new RowProperty(name, ReadValue(ref from));
        }
        return from.AtEnd ? properties : throw TooLong();
    }

    /// <summary>The value of one property. The other values are skipped. Null if the row has no property of this name.</summary>
    /// <exception cref="RowFormatException">The bytes up to the end of this property are damaged.</exception>
    public static object? Find(ReadOnlySpan<byte> bytes, string name)
    {
        var from = Begin(bytes, out var count);
        for (; count > 0; count--)
        {
            if (Ascii.Equals(from.Take(from.Byte()), name)) return ReadValue(ref from);
            SkipValue(ref from);
        }
        return from.AtEnd ? null : throw TooLong();
    }

    private static Reader Begin(ReadOnlySpan<byte> bytes, out int count)
    {
        var from = new Reader(bytes);
        var version = from.Byte();
        if (version != Version) throw new RowFormatException($"A row is in format {version}; this version reads {Version}.");
        count = from.Byte();
        return from;
    }

    private static int SizeOf(object value) => value switch
    {
        string text => WithLength(Encoding.UTF8.GetByteCount(text)),
        byte[] bytes => WithLength(bytes.Length),
        int => 4,
        long or double or DateTimeOffset => 8,
        bool => 0,
        Guid => 16,
        _ => throw Unchecked(value),
    };

    private static Span<byte> WriteValue(object value, Span<byte> to)
    {
        switch (value)
        {
            case string text:
                to = WriteLength(PropertyType.Text, Encoding.UTF8.GetByteCount(text), to);
                return to[Encoding.UTF8.GetBytes(text, to)..];
            case byte[] bytes:
                to = WriteLength(PropertyType.Binary, bytes.Length, to);
                bytes.CopyTo(to);
                return to[bytes.Length..];
            case int number:
                to[0] = (byte)PropertyType.Int32;
                BinaryPrimitives.WriteInt32LittleEndian(to[1..], number);
                return to[5..];
            case long number:
                return WriteInt64(PropertyType.Int64, number, to);
            case double number:
                return WriteInt64(PropertyType.Double, BitConverter.DoubleToInt64Bits(number), to);
            case DateTimeOffset instant:
                return WriteInt64(PropertyType.Instant, instant.UtcTicks, to);
            case bool truth:
                to[0] = (byte)(truth ? PropertyType.True : PropertyType.False);
                return to[1..];
            case Guid guid:
                to[0] = (byte)PropertyType.Guid;
                guid.TryWriteBytes(to[1..]);
                return to[17..];
            default:
                throw Unchecked(value);
        }
    }

    private static Span<byte> WriteInt64(PropertyType type, long number, Span<byte> to)
    {
        to[0] = (byte)type;
        BinaryPrimitives.WriteInt64LittleEndian(to[1..], number);
        return to[9..];
    }

    private static Span<byte> WriteLength(PropertyType type, int length, Span<byte> to)
    {
        to[0] = (byte)type;
        var at = 1;
        for (; length > 0x7F; length >>= 7) to[at++] = (byte)(length | 0x80);
        to[at++] = (byte)length;
        return to[at..];
    }

    private static int WithLength(int length) => length + length switch { <= 0x7F => 1, <= 0x3FFF => 2, _ => 3 };

    private static object ReadValue(ref Reader from)
    {
        var type = (PropertyType)from.Byte();
        return type switch
        {
            PropertyType.Text => from.Text(),
            PropertyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(from.Take(4)),
            PropertyType.Int64 => from.Int64(),
            PropertyType.Double => BitConverter.Int64BitsToDouble(from.Int64()),
            PropertyType.False => False,
            PropertyType.True => True,
            PropertyType.Instant => Instant(from.Int64()),
            PropertyType.Guid => new Guid(from.Take(16)),
            PropertyType.Binary => from.Take(from.Length()).ToArray(),
            _ => throw Unknown(type),
        };
    }

    private static void SkipValue(ref Reader from)
    {
        var type = (PropertyType)from.Byte();
        from.Take(type switch
        {
            PropertyType.Text or PropertyType.Binary => from.Length(),
            PropertyType.Int32 => 4,
            PropertyType.Int64 or PropertyType.Double or PropertyType.Instant => 8,
            PropertyType.False or PropertyType.True => 0,
            PropertyType.Guid => 16,
            _ => throw Unknown(type),
        });
    }

    private static DateTimeOffset Instant(long ticks) =>
        ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw Corrupt("it has an instant outside the calendar");

    private static RowFormatException Corrupt(string how) => new($"A row's bytes are damaged: {how}.");

    private static RowFormatException TooLong() => Corrupt("it goes on behind its end");

    private static RowFormatException Unknown(PropertyType type) => Corrupt($"it has a property of the unknown type {(byte)type}");

    private static ArgumentException Unchecked(object value) => new($"A property of type {value?.GetType().Name ?? "null"}.");

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> rest = bytes;

        public readonly bool AtEnd => rest.IsEmpty;

        public byte Byte() => Take(1)[0];

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        // A length over three times seven bits is over every limit.
        public int Length()
        {
            var length = 0;
            for (var shift = 0; shift < 21; shift += 7)
            {
                var next = Byte();
                length |= (next & 0x7F) << shift;
                if (next <= 0x7F) return length;
            }
            throw Corrupt("it has a length without an end");
        }

        public string Text()
        {
            var utf8 = Take(Length());
            return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Corrupt("it has a text that is not UTF-8");
        }

        public ReadOnlySpan<byte> Take(int count)
        {
            if (count > rest.Length) throw Corrupt("it ends too soon");
            var taken = rest[..count];
            rest = rest[count..];
            return taken;
        }
    }
}
