using System.Net;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class ApiTokensTests(TestStore store, Head head) : IAsyncLifetime
{
    private const string Tokens = "/v3/applications/api_tokens";

    private readonly TestClock clock = new();
    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(clock: clock, store: store);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task Tokens_are_listed_newest_first_with_or_without_a_trailing_slash()
    {
        var issued = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(i));
            var token = (await Api.PostAsync(Tokens, application.Master)).Ok();
            Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), token.GetProperty("created_at").GetInt64());
            issued.Insert(0, token.GetRawText());
        }

        foreach (var path in new[] { Tokens, Tokens + "/" })
        {
            Assert.Equal(
                issued,
                (await Api.GetAsync(path, application.Master)).Ok().GetProperty("api_tokens").EnumerateArray().Select(token => token.GetRawText()));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("{\"HTTP_API_TOKEN\": \"whatever\"}")]
    public async Task Issuing_takes_any_object_or_none(string? body) => (await Api.PostAsync(Tokens, application.Master, body)).Ok();

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    public async Task Issuing_refuses_a_body_that_is_no_object(string body)
    {
        (await Api.PostAsync(Tokens, application.Master, body)).Refused(400403);

        Assert.Empty((await Api.GetAsync(Tokens, application.Master)).Ok().GetProperty("api_tokens").EnumerateArray());
    }

    [Fact]
    public async Task Forty_at_once_issue_exactly_ten()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Api.PostAsync(Tokens, application.Master)));

        var issued = answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Text).ToList();
        Assert.Equal(10, issued.Count);
        foreach (var answer in answers.Where(answer => answer.Status != HttpStatusCode.OK)) answer.Refused(400203);
        var listed = (await Api.GetAsync(Tokens, application.Master)).Ok().GetProperty("api_tokens").EnumerateArray().Select(token => token.GetRawText());
        Assert.Equal(issued.Order(), listed.Order());
        foreach (var text in issued)
        {
            var token = System.Text.Json.JsonElement.Parse(text).GetProperty("token").GetString()!;
            (await Api.GetAsync("/v3/applications/info", Credential.Token(token))).Ok();
        }
    }

    [Fact]
    public async Task A_revoked_token_is_refused_by_the_next_request_and_frees_its_slot()
    {
        var tokens = new List<Credential>();
        for (var i = 0; i < 10; i++) tokens.Add(await Api.IssueTokenAsync(application.Master));
        (await Api.PostAsync(Tokens, application.Master)).Refused(400203);

        Assert.Equal("{}", (await Api.DeleteAsync($"{Tokens}/{tokens[4].Value}", application.Master)).Ok().GetRawText());

        (await Api.GetAsync("/v3/applications/info", tokens[4])).Refused(400401);
        (await Api.GetAsync($"{Tokens}/{tokens[4].Value}", application.Master)).Refused(400201);
        (await Api.DeleteAsync($"{Tokens}/{tokens[4].Value}", application.Master)).Refused(400201);
        (await Api.PostAsync(Tokens, application.Master)).Ok();
        foreach (var kept in tokens.Where(token => token != tokens[4])) (await Api.GetAsync("/v3/applications/info", kept)).Ok();
    }

    [Fact]
    public async Task A_secondary_token_views_and_revokes_itself_and_nothing_else()
    {
        var own = await Api.IssueTokenAsync(application.Master);
        var other = await Api.IssueTokenAsync(application.Master);

        Assert.Equal(own.Value, (await Api.GetAsync($"{Tokens}/{own.Value}", own)).Ok().GetProperty("token").GetString());
        foreach (var foreign in new[] { other.Value, application.Master.Value, new string('0', 40), "x" })
        {
            (await Api.GetAsync($"{Tokens}/{foreign}", own)).Refused(400108);
            (await Api.DeleteAsync($"{Tokens}/{foreign}", own)).Refused(400108);
        }
        (await Api.PostAsync(Tokens, own)).Refused(400108);
        (await Api.GetAsync(Tokens, own)).Refused(400108);
        (await Api.DeleteAsync($"{Tokens}/{own.Value}", own)).Ok();
        (await Api.GetAsync("/v3/applications/info", own)).Refused(400401);
        (await Api.GetAsync("/v3/applications/info", other)).Ok();
    }

    [Fact]
    public async Task The_master_token_views_every_token_and_cannot_be_revoked()
    {
        var secondary = await Api.IssueTokenAsync(application.Master);

        Assert.Equal(secondary.Value, (await Api.GetAsync($"{Tokens}/{secondary.Value}", application.Master)).Ok().GetProperty("token").GetString());
        Assert.Equal(
            application.Master.Value,
            (await Api.GetAsync($"{Tokens}/{application.Master.Value}", application.Master)).Ok().GetProperty("token").GetString());
        (await Api.DeleteAsync($"{Tokens}/{application.Master.Value}", application.Master)).Refused(400108);
        (await Api.GetAsync("/v3/applications/info", application.Master)).Ok();
    }

    [Fact]
    public async Task The_tokens_of_another_application_are_unknown()
    {
        var foreign = await Api.IssueTokenAsync((await Api.CreateApplicationAsync("other")).Master);

        (await Api.GetAsync($"{Tokens}/{foreign.Value}", application.Master)).Refused(400201);
        (await Api.DeleteAsync($"{Tokens}/{foreign.Value}", application.Master)).Refused(400201);
        (await Api.GetAsync("/v3/applications/info", foreign)).Ok();
    }
}

public sealed class ApiTokensOnSqliteTests() : ApiTokensTests(TestStore.Sqlite, Head.Server);

public sealed class ApiTokensOnAzuriteTests() : ApiTokensTests(TestStore.Azurite, Head.Server);

public sealed class ApiTokensOnFunctionsHostTests() : ApiTokensTests(TestStore.Sqlite, Head.FunctionsHost);
