using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

public abstract partial class TableStoreContract
{
    private static readonly string LongestKey = new('k', TableLimits.KeyLength);

    [Fact]
    public async Task The_largest_commit_within_the_limits_is_made_and_read_again()
    {
        // Twelve properties of 64 KiB are a third larger in JSON: three such rows fit into a commit.
        var changes = Enumerable.Range(0, 3).Select(row => RowChange.Insert(new TableRow(
            $"{row}", [.. Enumerable.Range(0, 12).Select(name => ($"P{name}", (object)new byte[64 * 1024]))]))).ToArray();
        (await Commit(changes)).OrThrow();
        var read = await Store.ReadAsync(Table, "p", RowRange.All, 10, None);
        Assert.All(read, row => Assert.Equal(12 * 64 * 1024, row.Properties.Sum(property => ((byte[])property.Value).Length)));
        Assert.Equal(3, read.Count);
    }

    [Fact]
    public async Task The_longest_keys_and_names_are_accepted()
    {
        var every = string.Concat(Enumerable.Range(' ', 95).Select(code => (char)code).Except("/\\#?"));
        var table = Table.PadRight(TableLimits.TableNameLength, 'x');
        (await Store.CommitAsync(table, LongestKey, [RowChange.Insert(Row(LongestKey)), RowChange.Insert(Row(every, 1))], None))
            .OrThrow();
        Assert.NotNull(await Store.GetAsync(table, LongestKey, LongestKey, None));
        Assert.Equal(1, Value(await Store.GetAsync(table, LongestKey, every, None)));
        Assert.Empty(await Store.ReadAsync(table, LongestKey, RowRange.Prefix(LongestKey).StartingAfter(LongestKey), 1, None));
        var properties = Enumerable.Range(0, TableLimits.PropertiesPerRow).Select(name => ($"P{name}", (object)name)).ToArray();
        (await Commit(RowChange.Insert(new TableRow("a", properties)))).OrThrow();
        Assert.Equal(TableLimits.PropertiesPerRow, (await Get("a"))!.Properties.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("1abc")]
    [InlineData("a-bc")]
    [InlineData("äbcd")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public async Task A_bad_table_name_is_refused(string table)
    {
        await Refused(() => Store.GetAsync(table, "p", "a", None));
        await Refused(() => Store.GetManyAsync(table, "p", ["a"], None));
        await Refused(() => Store.ReadAsync(table, "p", RowRange.All, 1, None));
        await Refused(() => Store.CommitAsync(table, "p", [RowChange.Put(Row("a"))], None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\tb")]
    [InlineData("a\u007Fb")]
    [InlineData("aéb")]
    [InlineData(null)]
    public async Task A_bad_key_is_refused(string? given)
    {
        var key = given ?? LongestKey + "k";
        await Refused(() => Store.GetAsync(Table, key, "a", None));
        await Refused(() => Store.GetAsync(Table, "p", key, None));
        await Refused(() => Store.GetManyAsync(Table, key, ["a"], None));
        await Refused(() => Store.GetManyAsync(Table, "p", ["a", key], None));
        await Refused(() => Store.ReadAsync(Table, key, RowRange.All, 1, None));
        await Refused(() => Store.CommitAsync(Table, key, [RowChange.Put(Row("a"))], None));
        await Refused(RowChange.Put(Row(key)));
        await Refused(RowChange.Delete(key));
    }

    [Fact]
    public async Task A_bad_bound_is_refused()
    {
        foreach (var bound in new[] { "\u001F", "\u0080", LongestKey + "kk" })
        {
            await Refused(() => Store.ReadAsync(Table, "p", new RowRange(bound, null), 1, None));
            await Refused(() => Store.ReadAsync(Table, "p", new RowRange(null, bound), 1, None));
        }
    }

    [Fact]
    public async Task Too_few_and_too_many_at_once_are_refused()
    {
        await Refused(() => Store.ReadAsync(Table, "p", RowRange.All, 0, None));
        await Refused(() => Store.ReadAsync(Table, "p", RowRange.All, 1001, None));
        await Refused(() => Store.GetManyAsync(Table, "p", [], None));
        await Refused(() => Store.GetManyAsync(Table, "p", [.. Enumerable.Range(0, 1001).Select(row => $"{row}")], None));
        await Refused();
        await Refused([.. Enumerable.Range(0, 101).Select(row => RowChange.Put(Row($"{row}")))]);
    }

    [Fact]
    public async Task Two_changes_to_one_row_are_refused()
    {
        await Refused(RowChange.Put(Row("a")), RowChange.Put(Row("b")), RowChange.Delete("a"));
        Assert.Null(await Get("b"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("9a")]
    [InlineData("a-b")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("PartitionKey")]
    [InlineData("RowKey")]
    [InlineData("Timestamp")]
    [InlineData(TableLimits.CommitMark)]
    [InlineData(null)]
    public Task A_bad_property_name_is_refused(string? name) =>
        Refused(RowChange.Put(new TableRow("a", (name ?? new string('n', 256), 1))));

    public static TheoryData<string, object> BadValues => new()
    {
        { "no value", null! },
        { "a type that is not kept", 1.5m },
        { "a local time", new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc) },
        { "a text too long", new string('x', 32 * 1024 + 1) },
        { "a binary too long", new byte[64 * 1024 + 1] },
        { "an instant too early", TableLimits.EarliestInstant.AddTicks(-1) },
        { "half a surrogate pair", "a\uD83D" },
        { "half a surrogate pair at the front", "\uDE00b" },
        { "a surrogate pair turned round", "\uDE00\uD83D" },
    };

    [Theory]
    // Not enumerated at discovery, which would repair half a surrogate pair.
    [MemberData(nameof(BadValues), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_value_is_refused_without_repeating_it(string what, object value)
    {
        var fault = await Refused(RowChange.Put(new TableRow("a", ("Name", value))));
        Assert.True(fault.Message.Contains("'Name'", StringComparison.Ordinal), what);
        if (value is string text) Assert.DoesNotContain(text, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_properties_and_rows_and_commits_too_large_are_refused()
    {
        static TableRow Sized(string key, int properties, int size) => new(
            key, [.. Enumerable.Range(0, properties).Select(name => ($"P{name}", (object)new byte[size]))]);

        await Refused(RowChange.Put(Sized("a", TableLimits.PropertiesPerRow + 1, 0)));
        await Refused(RowChange.Put(Sized("a", 16, 64 * 1024)));
        await Refused([.. Enumerable.Range(0, 4).Select(row => RowChange.Put(Sized($"{row}", 12, 64 * 1024)))]);
        await Refused(RowChange.Put(new TableRow("a", ("Same", 1), ("Same", 2))));
    }

    [Fact]
    public async Task An_ETag_that_means_any_is_refused()
    {
        await Commit(RowChange.Insert(Row("a")));
        foreach (var etag in new[] { "", "*" })
        {
            await Refused(RowChange.Replace(Row("a"), etag));
            await Refused(RowChange.Delete("a", etag));
        }
        await Refused(RowChange.Replace(Row("a"), null!));
    }

    private Task<ArgumentException> Refused(params RowChange[] changes) =>
        Refused(() => Store.CommitAsync(Table, "p", changes, None));

    private static Task<ArgumentException> Refused<T>(Func<ValueTask<T>> call) =>
        Assert.ThrowsAnyAsync<ArgumentException>(async () => await call());
}
