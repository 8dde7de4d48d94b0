using System.Net;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The facade and the platform refuse the same mistake each in its own words, and a refusal says who refuses.</summary>
public sealed class RefusalTests
{
    private static readonly (string Body, int Code, string Platform, string Facade)[] Mistakes =
    [
        ("{}", 400105, "name must be required.", "name is required."),
        ("""{"name":null}""", 400105, "name must be required.", "name is required."),
        ("""{"name":1}""", 400100, "name must be a string.", "name must be a string."),
        ("""{"name":"\ud800"}""", 400403, "name is not valid Unicode.", "name is not valid Unicode."),
        ("[]", 400403, "The body must be a JSON object.", "The body must be a JSON object."),
    ];

    [Fact]
    public async Task A_mistake_is_refused_by_the_platform_with_its_code_and_by_the_facade_as_a_problem()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var api = gatehouse.Api;
        foreach (var (body, code, platforms, facades) in Mistakes)
        {
            Assert.Equal(platforms, (await api.PostAsync("/v3/applications", api.Organization, body)).Refused(code));
            var problem = (await api.PostAsync("/ops/v1/applications", Credential.Ops, body)).Problem(HttpStatusCode.BadRequest, "invalid-request");
            Assert.Equal(facades, problem.GetProperty("detail").GetString());
        }
    }

    [Theory]
    [InlineData(400100, "invalid-request")]
    [InlineData(400111, "invalid-request")]
    [InlineData(400108, "platform-refused")]
    [InlineData(400403, "platform-refused")]
    [InlineData(400404, "platform-refused")]
    [InlineData(400700, "platform-refused")]
    public void A_refusal_of_the_platform_is_the_caller_s_fault_only_where_a_value_is_wrong(int code, string type) =>
        Assert.Equal(type, CoreProblems.Of(new PlatformException(400, code, "no"))!.Type);
}
