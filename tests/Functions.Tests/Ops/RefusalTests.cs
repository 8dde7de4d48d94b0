using System.Net;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The facade and the platform refuse the same mistake, each in its own words and its own format.</summary>
public abstract class RefusalTests(Head head)
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
    public async Task The_platform_refuses_with_a_code_and_the_facade_with_a_problem()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        foreach (var (body, code, platforms, facades) in Mistakes)
        {
            Assert.Equal(platforms, (await api.PostAsync("/v3/applications", api.Organization, body)).Refused(code));
            var problem = (await api.PostAsync("/ops/v1/applications", Credential.Ops, body)).Problem(HttpStatusCode.BadRequest, "invalid-request");
            Assert.Equal(facades, problem.GetProperty("detail").GetString());
        }
    }
}

public sealed class RefusalOnServerTests() : RefusalTests(Head.Server);

public sealed class RefusalOnFunctionsHostTests() : RefusalTests(Head.FunctionsHost);
