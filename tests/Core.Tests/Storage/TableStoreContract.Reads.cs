using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

public abstract partial class TableStoreContract
{
    // In order.
    private static readonly string[] Keys =
        [" ", "!", "-", ".", "0", "0 ", "00", "1", "A", "AA", "B", "a", "a ", "a  ", "a!", "aa", "aaa", "ab", "b", "b~", "~", "~~"];

    private static IEnumerable<string> KeysOf(IEnumerable<TableRow> rows) => rows.Select(row => row.Key);

    [Fact]
    public async Task Rows_are_read_in_the_ordinal_order_of_their_keys()
    {
        await Commit([.. Keys.Reverse().Select(key => RowChange.Insert(Row(key)))]);
        Assert.Equal(Keys, KeysOf(await Store.ReadAsync(Table, "p", RowRange.All, 1000, None)));
        Assert.Equal(Keys.Take(5), KeysOf(await Store.ReadAsync(Table, "p", RowRange.All, 5, None)));
    }

    [Fact]
    public async Task A_range_is_from_its_first_key_to_before_its_last()
    {
        await Commit([.. Keys.Select(key => RowChange.Insert(Row(key)))]);
        async Task<IEnumerable<string>> Read(RowRange range) => KeysOf(await Store.ReadAsync(Table, "p", range, 1000, None));

        Assert.Equal(["a", "a ", "a  ", "a!", "aa", "aaa"], await Read(new RowRange("a", "ab")));
        Assert.Equal(["ab", "b", "b~", "~", "~~"], await Read(new RowRange("ab", null)));
        Assert.Equal([" ", "!"], await Read(new RowRange(null, "-")));
        Assert.Equal(["a", "a ", "a  ", "a!", "aa", "aaa", "ab"], await Read(RowRange.Prefix("a")));
        Assert.Equal(["a!", "aa", "aaa", "ab"], await Read(RowRange.Prefix("a").StartingAfter("a  ")));
        Assert.Equal(["~", "~~"], await Read(RowRange.Prefix("~")));
        Assert.Equal(["."], await Read(RowRange.Prefix(".")));
        Assert.Empty(await Read(RowRange.Prefix("c")));
        Assert.Empty(await Read(new RowRange("b", "a")));
        Assert.Empty(await Read(new RowRange("a", "a")));
        Assert.Equal(Keys, await Read(new RowRange("", null)));
    }

    [Fact]
    public async Task Pages_of_any_size_yield_every_row_once()
    {
        await Commit([.. Keys.Select(key => RowChange.Insert(Row(key)))]);
        for (var size = 1; size <= Keys.Length + 1; size++)
        {
            var (range, all) = (RowRange.All, new List<string>());
            while (await Store.ReadAsync(Table, "p", range, size, None) is { Count: > 0 } page)
            {
                Assert.True(page.Count <= size);
                all.AddRange(KeysOf(page));
                range = range.StartingAfter(page[^1].Key);
            }
            Assert.Equal(Keys, all);
        }
    }

    [Fact]
    public async Task A_read_gives_a_thousand_rows_and_GetMany_takes_a_thousand_keys()
    {
        var keys = Enumerable.Range(0, 1001).Select(index => $"{index:d4}").ToArray();
        foreach (var chunk in keys.Chunk(100)) (await Commit([.. chunk.Select(key => RowChange.Insert(Row(key)))])).OrThrow();

        Assert.Equal(keys[..1000], KeysOf(await Store.ReadAsync(Table, "p", RowRange.All, 1000, None)));
        var got = await Store.GetManyAsync(Table, "p", keys[1..], None);
        Assert.Equal(keys[1..], got.Select(row => row!.Key));
    }

    [Fact]
    public async Task GetMany_answers_each_key_at_its_index()
    {
        var made = await Commit(RowChange.Insert(Row("a", 1)), RowChange.Insert(Row("b", 2)));

        var rows = await Store.GetManyAsync(Table, "p", ["b", "absent", "a", "b", "A"], None);

        Assert.Equal(new[] { "b", null, "a", "b", null }, rows.Select(row => row?.Key));
        Assert.Equal((made.ETags[1], made.ETags[0]), (rows[0]!.ETag, rows[2]!.ETag));
        Assert.Equal([2, 1], [Value(rows[0]), Value(rows[2])]);
    }

    [Fact]
    public async Task ReadEach_answers_each_partition_at_its_index()
    {
        foreach (var partition in (string[])["p", "q"])
        {
            (await Store.CommitAsync(
                Table, partition, [.. "abcd".Select(key => RowChange.Insert(Row($"{partition}{key}")))], None)).OrThrow();
        }
        var rows = await Store.ReadEachAsync(Table, ["q", "absent", "p"], new RowRange("pb", "qc"), 2, None);
        Assert.Equal([["qa", "qb"], [], ["pb", "pc"]], rows.Select(KeysOf));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ReadEachAsync(Table, ["p"], RowRange.All, 1001, None).AsTask());
    }

    [Fact]
    public async Task A_table_or_partition_without_rows_reads_as_empty()
    {
        Assert.All(await Store.ReadEachAsync(Table, ["p", "q"], RowRange.All, 10, None), Assert.Empty);
        Assert.Empty(await Store.ReadAsync(Table, "p", RowRange.All, 10, None));
        Assert.All(await Store.GetManyAsync(Table, "p", ["a", "b"], None), Assert.Null);
        await Commit(RowChange.Insert(Row("a")));
        Assert.Empty(await Store.ReadAsync(Table, "q", RowRange.All, 10, None));
        Assert.Null(await Store.GetAsync(Table, "q", "a", None));
    }

    [Fact]
    public async Task Values_of_every_type_are_stored_unchanged()
    {
        var instant = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(-11)).AddTicks(1234567);
        (string Name, object Value)[] properties =
        [
            ("Text", "plain"), ("Empty", ""), ("Unicode", "é ß 中文 \U0001F600 \"'\\ <&> \n\t"), ("Long", new string('x', 32 * 1024)),
            ("Int", 42), ("IntMin", int.MinValue), ("IntMax", int.MaxValue), ("LongMin", long.MinValue), ("LongMax", long.MaxValue),
            ("LongSmall", 7L), ("Double", 1.1), ("DoubleWhole", 3.0), ("DoubleMin", double.MinValue), ("DoubleMax", double.MaxValue),
            ("Epsilon", double.Epsilon), ("NaN", double.NaN), ("Positive", double.PositiveInfinity),
            ("Negative", double.NegativeInfinity), ("True", true), ("False", false), ("Earliest", TableLimits.EarliestInstant),
            ("Latest", DateTimeOffset.MaxValue), ("Guid", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), ("NoGuid", Guid.Empty),
            ("Binary", new byte[] { 0, 1, 127, 128, 255 }), ("NoBytes", Array.Empty<byte>()), ("Bytes", new byte[64 * 1024]),
            ("_under_9", "name"), ("under", 1), ("Under", 2), (new string('n', 255), "long name"),
        ];
        (await Commit(RowChange.Insert(new TableRow("a", [.. properties, ("Instant", instant)])))).OrThrow();

        var row = await Get("a");

        Assert.Equal(properties.Length + 1, row!.Properties.Count);
        foreach (var (name, value) in properties)
        {
            Assert.Equal(value, row.Find(name));
            Assert.Equal(value.GetType(), row.Find(name)!.GetType());
        }
        Assert.Equal(instant, row.GetDateTimeOffset("Instant"));
        Assert.Equal(TimeSpan.Zero, row.GetDateTimeOffset("Instant").Offset);
    }

    [Fact]
    public async Task A_row_may_have_no_properties()
    {
        (await Commit(RowChange.Insert(new TableRow("a")))).OrThrow();
        Assert.Empty((await Get("a"))!.Properties);
    }
}
