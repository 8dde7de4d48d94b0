using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

/// <summary>Every form of RFC 3339, section 5.6, is read.</summary>
public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2024-05-15T12:00:00Z", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15t12:00:00z", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15 12:00:00Z", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15T12:00:00.1Z", "2024-05-15T12:00:00.1000000Z")]
    [InlineData("2024-05-15T12:00:00.1234567Z", "2024-05-15T12:00:00.1234567Z")]
    [InlineData("2024-05-15T12:00:00.123456789Z", "2024-05-15T12:00:00.1234567Z")]
    [InlineData("2024-05-15T12:00:00.123456789012345678901234567890Z", "2024-05-15T12:00:00.1234567Z")]
    [InlineData("2024-05-15T14:00:00+02:00", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15T06:30:00.5-05:30", "2024-05-15T12:00:00.5000000Z")]
    [InlineData("2024-05-16T11:59:00+23:59", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-14T21:30:00-14:30", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15T12:00:00-00:00", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2024-05-15T12:00:00", "2024-05-15T12:00:00.0000000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.0000000Z")]
    public void An_instant_is_read(string text, string expected)
    {
        Assert.True(Rfc3339.TryParse(text, out var instant));
        Assert.Equal(expected, instant.UtcDateTime.ToString("O"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2024-05-15")]
    [InlineData("2024-05-15T12:00Z")]
    [InlineData("2024-05-15T12:00:00.Z")]
    [InlineData("2024-05-15T12:00:00,5Z")]
    [InlineData("2024-02-30T12:00:00Z")]
    [InlineData("2024-05-15T24:00:00Z")]
    [InlineData("2024-05-15T12:00:61Z")]
    [InlineData("2024-05-15T12:00:00+24:00")]
    [InlineData("2024-05-15T12:00:00+01:60")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("2024-05-15T12:00:00+0200")]
    [InlineData("2024-05-15T12:00:00Z\n")]
    [InlineData("٢٠٢٤-05-15T12:00:00Z")]
    [InlineData("1715774400")]
    public void Anything_else_is_refused(string text) => Assert.False(Rfc3339.TryParse(text, out _));
}
