using FsCheck;
using FsCheck.Fluent;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

public sealed class RowCodecTests
{
    private static readonly Config Checked = Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20240515, 3);

    private static readonly TableRow Every = new(
        "a", ("Text", "é"), ("Int", -2), ("Long", 3L), ("Double", 1.5), ("No", false), ("Yes", true),
        ("Instant", new DateTimeOffset(2024, 5, 15, 14, 0, 0, TimeSpan.FromHours(2))),
        ("Guid", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), ("Binary", new byte[] { 1, 2, 3 }));

    private static byte[] Encode(TableRow row)
    {
        var bytes = new byte[RowCodec.SizeOf(row)];
        RowCodec.Write(row, bytes);
        return bytes;
    }

    // Files hold these bytes: a change to the format needs another version number and a reader for this one.
    [Fact]
    public void The_format_is_the_one_that_files_hold() => Assert.Equal(
        "0109" + "0454657874" + "0102C3A9" + "03496E74" + "02FEFFFFFF" + "044C6F6E67" + "030300000000000000"
        + "06446F75626C65" + "04000000000000F83F" + "024E6F" + "05" + "03596573" + "06"
        + "07496E7374616E74" + "0700E0F98BD674DC08" + "0447756964" + "0833221100554477668899AABBCCDDEEFF"
        + "0642696E617279" + "0903010203",
        Convert.ToHexString(Encode(Every)));

    [Fact]
    public void Properties_come_back_in_their_order_and_types()
    {
        var read = RowCodec.Read(Encode(Every));
        Assert.Equal(Every.Properties, read, (one, other) => one.Name == other.Name
            && one.Value.GetType() == other.Value.GetType()
            && (one.Value is byte[] bytes ? bytes.SequenceEqual((byte[])other.Value) : one.Value.Equals(other.Value)));
    }

    [Fact]
    public void Any_texts_and_numbers_come_back_as_they_were() => Check.One(Checked, Prop.ForAll(
        ArbMap.Default.ArbFor<(UnicodeString, long, double, byte[])>(), (given) =>
        {
            // Half surrogate pairs are outside the limits.
            var text = string.Concat(given.Item1.ToString().EnumerateRunes());
            var (number, fraction, bytes) = (given.Item2, given.Item3, given.Item4 ?? []);
            var read = RowCodec.Read(Encode(new TableRow("a", ("T", text), ("N", number), ("F", fraction), ("B", bytes))));
            return (string)read[0].Value == text && (long)read[1].Value == number && ((double)read[2].Value).Equals(fraction)
                && ((byte[])read[3].Value).SequenceEqual(bytes);
        }));

    [Fact]
    public void Texts_of_every_length_are_read_as_written()
    {
        foreach (var length in new[] { 0, 1, 127, 128, 16383, 16384, 32768 })
        {
            var text = new string('x', length);
            Assert.Equal(text, RowCodec.Read(Encode(new TableRow("a", ("T", text))))[0].Value);
            Assert.Equal(length, ((byte[])RowCodec.Read(Encode(new TableRow("a", ("B", new byte[length]))))[0].Value).Length);
        }
    }

    [Fact]
    public void Truncated_bytes_are_refused()
    {
        var bytes = Encode(Every);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<RowFormatException>(() => RowCodec.Read(bytes.AsSpan(0, length)));
        Assert.Throws<RowFormatException>(() => RowCodec.Read([.. bytes, 0]));
    }

    [Theory]
    [InlineData("00", "format 0")]
    [InlineData("0200", "format 2")]
    [InlineData("0101014100", "unknown type 0")]
    [InlineData("010101410A", "unknown type 10")]
    [InlineData("01010005", "name")]
    [InlineData("0101013905", "name")]
    [InlineData("010102C3A905", "name")]
    [InlineData("010101410101FF", "UTF-8")]
    [InlineData("0101014101FFFFFFFF0F", "length")]
    [InlineData("0101014107FFFFFFFFFFFFFFFF", "calendar")]
    [InlineData("0101014107FFFFFFFFFFFFFF7F", "calendar")]
    [InlineData("0101014109FFFF7F", "too soon")]
    public void Damage_is_named(string hex, string what)
    {
        var fault = Assert.Throws<RowFormatException>(() => RowCodec.Read(Convert.FromHexString(hex)));
        Assert.Contains(what, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_throws_RowFormatException() => Check.One(Checked, Prop.ForAll(
        (from at in Gen.Choose(0, Encode(Every).Length - 1)
         from values in Gen.Choose(0, 255).ArrayOf(3)
         select (at, values)).ToArbitrary(),
        damage =>
        {
            var bytes = Encode(Every);
            for (var index = 0; index < 3 && damage.at + index < bytes.Length; index++)
                bytes[damage.at + index] = (byte)damage.values[index];
            try
            {
                _ = (RowCodec.Find(bytes, "Binary"), RowCodec.Find(bytes, "Absent"), RowCodec.Read(bytes));
            }
            catch (RowFormatException)
            {
                // As it should be; any other exception fails the property.
            }
        }));

    [Fact]
    public void One_property_is_found_as_it_is_read_with_the_others()
    {
        var bytes = Encode(Every);
        foreach (var (name, value) in RowCodec.Read(bytes)) Assert.Equal(value, RowCodec.Find(bytes, name));
        Assert.Null(RowCodec.Find(bytes, "Tex"));
        Assert.Null(RowCodec.Find(bytes, "Textual"));
    }

    [Fact]
    public void A_property_that_is_not_there_is_not_taken_for_absent_in_truncated_bytes()
    {
        var bytes = Encode(Every);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<RowFormatException>(() => RowCodec.Find(bytes.AsSpan(0, length), "Absent"));
        Assert.Throws<RowFormatException>(() => RowCodec.Find([.. bytes, 0], "Absent"));
    }
}
