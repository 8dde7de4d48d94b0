namespace Gatehouse.Tests;

public sealed class AppIdTests
{
    private const string Written = "D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6";

    [Theory]
    [InlineData(Written)]
    [InlineData("d5f4e2a1-0b3c-4d5e-8f60-718293a4b5c6")]
    [InlineData("D5F4e2a1-0B3C-4D5E-8F60-718293A4B5C6")]
    public void An_id_is_read_in_either_case_and_written_in_upper_case(string text)
    {
        Assert.Equal(Written, AppId.TryParse(text).ToString());
        Assert.Equal(Guid.Parse(text), AppId.TryParse(text)!.Value.ToGuid());
        Assert.Equal(AppId.TryParse(Written), AppId.TryParse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C")]
    [InlineData("D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C60")]
    [InlineData("D5F4E2A10-B3C-4D5E-8F60-718293A4B5C6")]
    [InlineData("D5F4E2A1-0B3C-4D5E-8F60-71829-A4B5C6")]
    [InlineData("-5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6")]
    [InlineData("G5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6")]
    [InlineData("D5F4E2A1_0B3C_4D5E_8F60_718293A4B5C6")]
    [InlineData("{5F4E2A1-0B3C-4D5E-8F60-718293A4B5C}")]
    public void Another_text_is_not_an_id(string text) => Assert.Null(AppId.TryParse(text));

    [Fact]
    public void A_new_id_is_read_as_it_was_written()
    {
        var id = AppId.Generate();
        Assert.Equal(id, AppId.TryParse(id.ToString()));
        Assert.Equal(id, AppId.From(id.ToGuid()));
    }
}
