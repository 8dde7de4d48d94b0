using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

public sealed class NearestNameTests
{
    private static readonly string[] Known = ["operation", "outcome", "application", "to"];

    [Theory]
    [InlineData("operatoin", "operation")]
    [InlineData("OPERATION", "operation")]
    [InlineData("opration", "operation")]
    [InlineData("operations", "operation")]
    [InlineData("outcom", "outcome")]
    [InlineData("appliaction", "application")]
    [InlineData("ot", "to")]
    [InlineData("t", "to")]
    [InlineData("caller", null)]
    [InlineData("", null)]
    public void The_name_that_differs_least_is_found(string name, string? nearest) => Assert.Equal(nearest, NearestName.Of(name, Known));

    [Fact]
    public void A_name_of_any_length_is_looked_at_in_no_time() => Assert.Null(NearestName.Of(new string('a', 1_000_000), Known));

    [Theory]
    [InlineData("operatoin", "There is no field 'operatoin'. Did you mean operation?")]
    [InlineData("come", "There is no field 'come'. Did you mean outcome?")]
    [InlineData("cat", "There is no field 'cat'. Did you mean application?")]
    [InlineData("x", "There is no field 'x'. There is operation, outcome, application, to.")]
    public void The_sentence_suggests_near_names_or_shows_all(string name, string sentence) =>
        Assert.Equal(sentence, NearestName.Unknown("field", name, Known));

    [Fact]
    public void The_sentence_says_where_nothing_is_known_and_shortens_a_long_name()
    {
        Assert.Equal("There is no field 'x'. This operation takes no field.", NearestName.Unknown("field", "x", []));
        Assert.InRange(NearestName.Unknown("field", new string('a', 5_000), []).Length, 1, 200);
    }
}
