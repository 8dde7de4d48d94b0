using System.Net;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The facade and the platform sign their page tokens with different keys.</summary>
public abstract class PageTokenTests(Head head)
{
    private static readonly string[] Lists =
        ["/ops/v1/applications", "/ops/v1/audit", "/ops/v1/daily_counts/gaps", "/ops/v1/daily_counts/runs"];

    [Fact]
    public async Task A_page_token_of_the_platform_is_refused_by_the_facade_and_the_other_way_round()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        for (var count = 0; count < 2; count++) await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");

        var platforms = (await api.GetAsync("/v3/applications?limit=1", api.Organization)).Ok().GetProperty("next").GetString();
        foreach (var list in Lists)
            (await api.GetAsync($"{list}?token={platforms}", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await api.GetAsync($"/v3/applications?token={platforms}", api.Organization)).Ok();

        foreach (var list in Lists[..2])
        {
            var facades = (await api.GetAsync($"{list}?limit=1", Credential.Ops)).Ok().GetProperty("next").GetString();
            (await api.GetAsync($"/v3/applications?token={facades}", api.Organization)).Refused(400111);
            (await api.GetAsync($"{list}?token={facades}", Credential.Ops)).Ok();
        }
    }
}

public sealed class PageTokenOnServerTests() : PageTokenTests(Head.Server);

public sealed class PageTokenOnFunctionsHostTests() : PageTokenTests(Head.FunctionsHost);
