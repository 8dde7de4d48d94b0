using System.Net;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>An unknown URL is refused in the format of its part of the API.</summary>
public abstract class UnknownUrlsTests(Head head)
{
    [Theory]
    [InlineData("GET", "/ops")]
    [InlineData("GET", "/ops/v1/unknown")]
    [InlineData("PATCH", "/ops/v1/applications")]
    [InlineData("GET", "/ops/v2/applications")]
    [InlineData("GET", "/webhooks/0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B")]
    [InlineData("POST", "/webhooks")]
    [InlineData("POST", "/health/ready")]
    [InlineData("GET", "/health")]
    [InlineData("POST", "/openapi.json")]
    public async Task An_unknown_URL_of_the_facade_is_a_problem(string method, string path)
    {
        await using var gatehouse = await head.StartAsync();
        (await gatehouse.Api.SendAsync(new HttpMethod(method), path, Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-url");
    }

    [Theory]
    [InlineData("/opsx")]
    [InlineData("/healthy")]
    public async Task An_unknown_URL_elsewhere_is_refused_by_the_platform(string path)
    {
        await using var gatehouse = await head.StartAsync();
        (await gatehouse.Api.GetAsync(path, Credential.Ops)).Refused(400404);
    }
}

public sealed class UnknownUrlsOnServerTests() : UnknownUrlsTests(Head.Server);

public sealed class UnknownUrlsOnFunctionsHostTests() : UnknownUrlsTests(Head.FunctionsHost);
