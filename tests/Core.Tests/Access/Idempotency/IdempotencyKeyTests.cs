using Gatehouse.Access.Idempotency;

namespace Gatehouse.Tests.Access.Idempotency;

public sealed class IdempotencyKeyTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("\"a\"", "a")]
    [InlineData("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324")]
    [InlineData("!~", "!~")]
    [InlineData("\"", "\"")]
    [InlineData("\"a", "\"a")]
    public void A_key_has_visible_characters_with_or_without_quotes(string text, string key)
    {
        Assert.Equal(key, IdempotencyKey.TryParse(text)?.ToString());
        Assert.Equal(IdempotencyKey.TryParse(key), IdempotencyKey.TryParse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\u007F")]
    [InlineData("é")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("\"a\\\"b\"")]
    public void Other_values_are_not_keys(string? text) => Assert.Null(IdempotencyKey.TryParse(text));

    [Fact]
    public void A_key_has_at_most_255_characters()
    {
        Assert.NotNull(IdempotencyKey.TryParse(new string('k', 255)));
        Assert.NotNull(IdempotencyKey.TryParse($"\"{new string('k', 255)}\""));
        Assert.Null(IdempotencyKey.TryParse(new string('k', 256)));
    }
}
