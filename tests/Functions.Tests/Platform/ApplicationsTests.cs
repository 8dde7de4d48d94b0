using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract class ApplicationsTests(TestStore store, Head head) : IAsyncLifetime
{
    private RunningGatehouse gatehouse = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync() => gatehouse = await head.StartAsync(store: store);

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task A_created_application_is_listed_and_viewed_with_its_master_token()
    {
        var created = (await Api.PostAsync("/v3/applications", Api.Organization, """{"name":"Ænigma \ud83d\udeaa"}""")).Ok();

        var listed = (await Api.GetAsync("/v3/applications", Api.Organization)).Ok().GetProperty("applications");
        Assert.Equal(created.GetRawText(), Assert.Single(listed.EnumerateArray()).GetRawText());
        var master = Credential.Token(created.GetProperty("api_token").GetString()!);
        Assert.Equal(created.GetRawText(), (await Api.GetAsync("/v3/applications/info", master)).Ok().GetRawText());
        Assert.Equal("Ænigma 🚪", created.GetProperty("name").GetString());
        Assert.Matches("^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$", created.GetProperty("app_id").GetString());
        Assert.Matches("^[0-9a-f]{40}$", created.GetProperty("api_token").GetString());
    }

    [Fact]
    public async Task A_secondary_token_sees_itself_and_not_the_master_token()
    {
        var application = await Api.CreateApplicationAsync();
        var secondary = await Api.IssueTokenAsync(application.Master);

        var info = (await Api.GetAsync("/v3/applications/info", secondary)).Ok();

        Assert.Equal(secondary.Value, info.GetProperty("api_token").GetString());
    }

    [Theory]
    [InlineData("", 400403)]
    [InlineData("{", 400403)]
    [InlineData("[]", 400403)]
    [InlineData("\"name\"", 400403)]
    [InlineData("null", 400403)]
    [InlineData("{\"name\":\"x\"} trailing", 400403)]
    [InlineData("{\"name\":\"\\ud800\"}", 400403)]
    [InlineData("{}", 400105)]
    [InlineData("{\"name\":null}", 400105)]
    [InlineData("{\"Name\":\"x\"}", 400105)]
    [InlineData("{\"name\":1}", 400100)]
    [InlineData("{\"name\":{}}", 400100)]
    [InlineData("{\"name\":\"\"}", 400111)]
    public async Task A_body_that_names_no_application_is_refused(string body, int code)
    {
        (await Api.PostAsync("/v3/applications", Api.Organization, body)).Refused(code);

        Assert.Empty((await Api.GetAsync("/v3/applications", Api.Organization)).Ok().GetProperty("applications").EnumerateArray());
    }

    [Theory]
    [InlineData("application/json; charset=utf8")]
    [InlineData("application/json, charset=utf8")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task The_content_type_of_a_JSON_body_does_not_matter(string? contentType)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"name":"x"}"""));
        if (contentType is not null) content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        (await Api.SendAsync(HttpMethod.Post, "/v3/applications", Api.Organization, content)).Ok();
    }

    [Fact]
    public async Task A_deleted_application_refuses_all_its_tokens_at_once_and_is_no_longer_listed()
    {
        var application = await Api.CreateApplicationAsync();
        var other = await Api.CreateApplicationAsync("other");
        var secondary = await Api.IssueTokenAsync(application.Master);

        Assert.Equal("{}", (await Api.DeleteAsync("/v3/applications", secondary)).Ok().GetRawText());

        (await Api.GetAsync("/v3/applications/info", application.Master)).Refused(400304);
        (await Api.GetAsync("/v3/applications/info", secondary)).Refused(400304);
        (await Api.DeleteAsync("/v3/applications", application.Master)).Refused(400304);
        var listed = (await Api.GetAsync("/v3/applications", Api.Organization)).Ok().GetProperty("applications");
        Assert.Equal(other.Id, Assert.Single(listed.EnumerateArray()).GetProperty("app_id").GetString());
        (await Api.GetAsync("/v3/applications/info", other.Master)).Ok();
    }

    [Fact]
    public async Task The_organization_deletes_every_application()
    {
        var applications = new List<CreatedApplication>();
        for (var i = 0; i < 120; i++) applications.Add(await Api.CreateApplicationAsync($"application {i}"));

        Assert.Equal("{}", (await Api.DeleteAsync("/v3/applications", Api.Organization)).Ok().GetRawText());

        Assert.Empty((await Api.GetAsync("/v3/applications", Api.Organization)).Ok().GetProperty("applications").EnumerateArray());
        foreach (var application in applications)
            (await Api.GetAsync("/v3/applications/info", application.Master)).Refused(400304);
    }

    [Fact]
    public async Task Two_kinds_of_credentials_in_one_request_are_refused_and_nothing_is_deleted()
    {
        var application = await Api.CreateApplicationAsync();
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v3/applications");
        Api.Organization.AddTo(request);
        application.Master.AddTo(request);

        (await Api.SendAsync(request)).Refused(400401);

        (await Api.GetAsync("/v3/applications/info", application.Master)).Ok();
    }

    [Fact]
    public async Task Applications_outlive_a_restart()
    {
        using var folder = new TemporaryFolder();
        CreatedApplication application;
        Credential secondary;
        await using (var first = await head.StartAsync(folder, store: store))
        {
            application = await first.Api.CreateApplicationAsync("kept");
            secondary = await first.Api.IssueTokenAsync(application.Master);
        }
        await using var second = await head.StartAsync(folder, store: store);

        Assert.Equal("kept", (await second.Api.GetAsync("/v3/applications/info", secondary)).Ok().GetProperty("name").GetString());
        Assert.Equal(
            application.Master.Value,
            (await second.Api.GetAsync("/v3/applications", second.Api.Organization)).Ok()
                .GetProperty("applications")[0].GetProperty("api_token").GetString());
    }

    [Fact]
    public Task A_name_is_measured_in_bytes_of_UTF_8() => Properties.CheckAsync(
        from filler in Gen.Elements("a", "é", "€", "😀")
        from size in Gen.Choose(120, 136)
        select filler + new string('b', Math.Max(0, size - Encoding.UTF8.GetByteCount(filler))),
        async name =>
        {
            var answer = await Api.PostAsync("/v3/applications", Api.Organization, JsonSerializer.Serialize(new { name }));
            if (Encoding.UTF8.GetByteCount(name) > 128) answer.Refused(400110);
            else Assert.Equal(name, answer.Ok().GetProperty("name").GetString());
        },
        store.OfHundred);

    [Fact]
    public async Task An_unknown_credential_is_refused_everywhere()
    {
        var application = await Api.CreateApplicationAsync();
        Credential[] bad =
        [
            Credential.None, Credential.Token(new string('0', 40)), Credential.Token(""), Credential.Token("x"),
            Credential.Token(application.Master.Value.ToUpperInvariant() + "A"),
            Credential.Basic(RunningGatehouse.User, "wrong"), Credential.Basic("wrong", RunningGatehouse.Password),
            new("Authorization", "Basic"), new("Authorization", "Basic ///"), new("Authorization", "Bearer x"),
        ];
        foreach (var credential in bad)
        {
            (await Api.GetAsync("/v3/applications", credential)).Refused(400401);
            (await Api.GetAsync("/v3/applications/info", credential)).Refused(400401);
            (await Api.DeleteAsync("/v3/applications", credential)).Refused(400401);
            (await Api.PostAsync("/v3/applications/api_tokens", credential)).Refused(400401);
        }
        (await Api.GetAsync("/v3/applications/info", application.Master)).Ok();
    }

    [Fact]
    public async Task A_valid_credential_of_the_wrong_kind_is_not_authorized()
    {
        var application = await Api.CreateApplicationAsync();

        (await Api.GetAsync("/v3/applications", application.Master)).Refused(400108);
        (await Api.PostAsync("/v3/applications", application.Master, """{"name":"x"}""")).Refused(400108);
        (await Api.GetAsync("/v3/applications/info", Api.Organization)).Refused(400108);
        (await Api.PostAsync("/v3/applications/api_tokens", Api.Organization)).Refused(400108);
    }
}

public sealed class ApplicationsOnSqliteTests() : ApplicationsTests(TestStore.Sqlite, Head.Server);

public sealed class ApplicationsOnAzuriteTests() : ApplicationsTests(TestStore.Azurite, Head.Server);

public sealed class ApplicationsOnFunctionsHostTests() : ApplicationsTests(TestStore.Sqlite, Head.FunctionsHost);
