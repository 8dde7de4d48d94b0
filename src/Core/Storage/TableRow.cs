using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Storage;

/// <summary>One property of a row.</summary>
/// <param name="Name">1 to 255 characters: a letter or underscore, then letters, digits and underscores.</param>
/// <param name="Value">A <see cref="string"/>, <see cref="int"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="bool"/>, <see cref="DateTimeOffset"/>, <see cref="Guid"/> or byte array.</param>
public readonly record struct RowProperty(string Name, object Value);

/// <summary>One row of a table: its key and its typed properties. Immutable.</summary>
public sealed class TableRow
{
    private readonly byte[]? encoded;
    private RowProperty[]? properties;
    private object? made;

    /// <summary>Creates a row to write.</summary>
    public TableRow(string key, params (string Name, object Value)[] properties)
        : this(key, null, Array.ConvertAll(properties, property => new RowProperty(property.Name, property.Value)))
    {
    }

    /// <summary>Creates a row that was read by a store.</summary>
    public TableRow(string key, string? etag, RowProperty[] properties)
    {
        Key = key;
        ETag = etag;
        this.properties = properties;
    }

    private TableRow(string key, string etag, byte[] encoded) => (Key, ETag, this.encoded) = (key, etag, encoded);

    /// <summary>The row key, unique in its partition.</summary>
    public string Key { get; }

    /// <summary>The row's ETag; null for a row that was not read from a store.</summary>
    public string? ETag { get; }

    /// <summary>The properties, in the order in which they were given.</summary>
    /// <exception cref="RowFormatException">The row's bytes are damaged.</exception>
    public IReadOnlyList<RowProperty> Properties => All;

    /// <summary>The same, for iterating without an allocation.</summary>
    internal ReadOnlySpan<RowProperty> Span => All;

    private RowProperty[] All
    {
        get
        {
            try
            {
                return properties ??= RowCodec.Read(encoded);
            }
            catch (RowFormatException damage)
            {
                throw Damaged(damage);
            }
        }
    }

    /// <summary>
    /// A row as a store holds it. A property is decoded when it is asked for: most readers need a few of them. The key of a row
    /// whose bytes are damaged can be used, to list, replace or delete it, and the rows beside it can be read.
    /// </summary>
    /// <param name="key">Its key.</param>
    /// <param name="etag">Its ETag.</param>
    /// <param name="bytes">What <see cref="RowCodec.Write"/> wrote. They belong to the row.</param>
    internal static TableRow Encoded(string key, string etag, byte[] bytes) => new(key, etag, bytes);

    /// <summary>A copy, with what was made of this row (<see cref="As"/>), if these are its ETag and its bytes; otherwise null.</summary>
    internal TableRow? Again(string etag, ReadOnlySpan<byte> bytes) =>
        ETag == etag && encoded is not null && bytes.SequenceEqual(encoded) ? new TableRow(Key, etag, encoded) { made = made } : null;

    /// <summary>The text of a property.</summary>
    /// <exception cref="RowFormatException">The row has no such property, or it is not of this type.</exception>
    public string GetString(string name) => Get<string>(name);

    /// <summary>The integer of a property, 32 or 64 bits wide.</summary>
    /// <exception cref="RowFormatException">The row has no such property, or it is not of this type.</exception>
    public long GetInt64(string name) => Find(name) switch
    {
        long value => value,
        int value => value,
        _ => throw Unfit(name, typeof(long)),
    };

    /// <summary>The boolean of a property.</summary>
    /// <exception cref="RowFormatException">The row has no such property, or it is not of this type.</exception>
    public bool GetBoolean(string name) => Get<bool>(name);

    /// <summary>The instant of a property.</summary>
    /// <exception cref="RowFormatException">The row has no such property, or it is not of this type.</exception>
    public DateTimeOffset GetDateTimeOffset(string name) => Get<DateTimeOffset>(name);

    /// <summary>The bytes of a property. They belong to the row and must not be changed.</summary>
    /// <exception cref="RowFormatException">The row has no such property, or it is not of this type.</exception>
    public byte[] GetBinary(string name) => Get<byte[]>(name);

    /// <summary>
    /// What a reader makes of this row. It is kept with the row, because a store may answer many reads with the same row: so it must
    /// not change. A row keeps one thing.
    /// </summary>
    /// <param name="make">Makes it. A null is not kept.</param>
    internal T? As<T>(Func<TableRow, T?> make) where T : class
    {
        if (made is T known) return known;
        var result = make(this);
        made = result;
        return result;
    }

    /// <summary>A property's value; null where the row has no such property.</summary>
    /// <exception cref="RowFormatException">The row's bytes up to the end of this property are damaged.</exception>
    public object? Find(string name)
    {
        if (encoded is null)
        {
            foreach (ref readonly var property in Span)
                if (property.Name == name) return property.Value;
            return null;
        }
        try
        {
            return RowCodec.Find(encoded, name);
        }
        catch (RowFormatException damage)
        {
            throw Damaged(damage);
        }
    }

    private T Get<T>(string name) => Find(name) is T value ? value : throw Unfit(name, typeof(T));

    private RowFormatException Damaged(RowFormatException damage) => new($"Row '{Key}': {damage.Message}", damage);

    private RowFormatException Unfit(string name, Type type) =>
        new($"Row '{Key}' has no property '{name}' of type {type.Name}.");
}

/// <summary>A row does not have the properties that this version of the code expects.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Created only in this namespace, always with a message.")]
public sealed class RowFormatException(string message, Exception? inner = null) : Exception(message, inner);
