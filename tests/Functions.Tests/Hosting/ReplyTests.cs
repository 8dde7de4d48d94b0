using System.Text.Json;
using Gatehouse.Functions.Http.Replies;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>An answer's body can contain tokens, so it goes to the caller only.</summary>
public sealed class ReplyTests
{
    // The official worker does this after every call: it sends the function's result to the Functions host as JSON.
    [Fact]
    public void The_JSON_of_an_answer_does_not_contain_its_body()
    {
        var body = "the token"u8.ToArray();

        var told = JsonSerializer.Serialize<object>(new Reply(200, "text/plain", body));

        Assert.Contains("200", told, StringComparison.Ordinal);
        Assert.DoesNotContain("the token", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(body), told, StringComparison.Ordinal);
        Assert.DoesNotContain("the token", new Reply(200, "text/plain", body).ToString(), StringComparison.Ordinal);
    }
}
