using System.Text;
using System.Text.Json;
using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

/// <summary>An integer is any JSON number without a fraction (JSON Schema 2020-12, validation, section 6.1.1).</summary>
public sealed class JsonIntegerTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("-0.00e-3", 0)]
    [InlineData("0e99999999999", 0)]
    [InlineData("0.036e5", 3600)]
    [InlineData("0.00000000000000000000000000000036e34", 3600)]
    [InlineData("3600000000000000000000000000000000e-30", 3600)]
    [InlineData("1e18", 1_000_000_000_000_000_000)]
    [InlineData("3600", 3600)]
    [InlineData("3600.0", 3600)]
    [InlineData("3600.000000000000000000000", 3600)]
    [InlineData("-3600.0", -3600)]
    [InlineData("3.6e3", 3600)]
    [InlineData("3.6E+3", 3600)]
    [InlineData("36000e-1", 3600)]
    [InlineData("1.7157744e12", 1_715_774_400_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775807.0", long.MaxValue)]
    [InlineData("-9223372036854775808.0", long.MinValue)]
    public void An_integer_is_read(string json, long expected)
    {
        Assert.True(JsonInteger.TryRead(Encoding.UTF8.GetBytes(json), out var integer));
        Assert.Equal(expected, integer);
        Assert.True(JsonInteger.TryRead(JsonElement.Parse(json), out integer));
        Assert.Equal(expected, integer);
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData("3600.0000000000000000000000000000000000001")]
    [InlineData("1e-400")]
    [InlineData("1e-99999999999")]
    [InlineData("3600.5")]
    [InlineData("36001e-1")]
    [InlineData("1e-5")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036854775808.0")]
    [InlineData("1e19")]
    [InlineData("1e400")]
    [InlineData("1e99999999999")]
    public void A_fraction_or_a_larger_number_is_refused(string json) =>
        Assert.False(JsonInteger.TryRead(Encoding.UTF8.GetBytes(json), out _));

    [Theory]
    [InlineData("\"3600\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    public void Another_value_is_refused(string json) => Assert.False(JsonInteger.TryRead(JsonElement.Parse(json), out _));
}
