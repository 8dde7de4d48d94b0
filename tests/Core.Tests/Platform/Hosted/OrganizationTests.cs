using System.Text.Json;
using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>Applications are created and listed under the organization's credentials, in both dialects.</summary>
public sealed class OrganizationTests
{
    private const string Token = "0123456789abcdef0123456789abcdef01234567";
    private const string Id = "D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6";
    private const string Refused = """{"message":"no","code":400401,"error":true}""";

    private static readonly string Representation =
        $$$"""{"app_id":"{{{Id}}}","app_name":"Harbour","api_token":"{{{Token}}}","region":{"region_key":"us-1","region_name":"Oregon"},"created_at":"2020-10-18T06:10:59Z"}""";

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestClock clock = new();
    private readonly ScriptedNetwork network = new();
    private readonly MemoryVault vault = new();

    private HostedPlatform Gate => field ??= network.Platform(clock, vault);

    private HostedPlatform Basic => field ??= network.Platform(clock, vault, OrganizationDialect.Basic);

    [Theory]
    [InlineData(404, "<html>Not Found</html>")]
    [InlineData(404, "{\"detail\":\"Not found.\"}")]
    [InlineData(405, "")]
    [InlineData(400, "<html>Bad Request</html>")]
    [InlineData(400, "{\"message\":\"There is no such URL.\",\"code\":400404,\"error\":true}")]
    [InlineData(400, "{\"message\":\"name must be required.\",\"code\":400105,\"error\":true}")]
    [InlineData(400, "{\"message\":\"name must be a string.\",\"code\":400100,\"error\":true}")]
    [InlineData(400, "{\"message\":\"\\\"Application\\\" not found.\",\"code\":400201,\"error\":true}")]
    public async Task What_a_wrong_address_answers_names_the_setting(int status, string body)
    {
        vault.With("platform-organization-token", "abc").With("platform-organization-user", "user").With("platform-organization-password", "password");
        foreach (var platform in (HostedPlatform[])[Gate, Basic])
        {
            network.Answer(status, body);
            var fault = await Assert.ThrowsAsync<PlatformException>(() => platform.CreateAsync("Harbour", None));
            Assert.Equal("Platform__OrganizationUrl", fault.Setting);
        }
    }

    [Theory]
    [InlineData(400110, "name must be at most 128 bytes.", null)]
    [InlineData(400111, "name holds characters that are not taken.", null)]
    [InlineData(400111, "region_key is not a region.", "Platform__RegionKey")]
    [InlineData(400203, "There are too many applications.", null)]
    public async Task A_refusal_of_the_caller_s_name_names_no_setting(int code, string message, string? setting)
    {
        vault.With("platform-organization-token", "abc");
        network.Answer(400, $$"""{"message":"{{message}}","code":{{code}},"error":true}""");
        Assert.Equal(setting, (await Assert.ThrowsAsync<PlatformException>(() => Gate.CreateAsync("Harbour", None))).Setting);
    }

    [Fact]
    public async Task A_list_holds_no_value_of_the_caller()
    {
        vault.With("platform-organization-token", "abc");
        network.Answer(400, """{"message":"limit is out of range.","code":400113,"error":true}""");
        Assert.Equal("Platform__OrganizationUrl", (await Assert.ThrowsAsync<PlatformException>(() => Gate.ListAsync(100, null, None))).Setting);
    }

    [Fact]
    public async Task The_organization_API_creates_an_application_in_the_region()
    {
        vault.With("platform-organization-token", "0123456789abcdef01234567\n");
        network.Ok(Representation);
        var created = await Gate.CreateAsync("Harbour", None);
        Assert.Equal(
            (Id, "Harbour", Token, DateTimeOffset.Parse("2020-10-18T06:10:59Z")),
            (created.Id.ToString(), created.Name, created.Token.Reveal(), created.CreatedAt));
        var sent = Assert.Single(network.Sent);
        Assert.Equal(("POST", "https://organization.example.com/api/applications"), (sent.Method, sent.Url));
        Assert.Equal("0123456789abcdef01234567", sent.Headers["SENDBIRDORGANIZATIONAPITOKEN"]);
        Assert.Equal("""{"app_name":"Harbour","region_key":"us-1"}""", sent.Body);
    }

    [Fact]
    public async Task The_contract_s_dialect_creates_an_application_under_HTTP_Basic()
    {
        vault.With("platform-organization-user", "user").With("platform-organization-password", "pass:é");
        network.Ok($$"""{"icon_url":"","api_token":"{{Token}}","app_id":"{{Id}}","name":"Harbour"}""");
        Assert.Equal(clock.GetUtcNow(), (await Basic.CreateAsync("Harbour", None)).CreatedAt);
        var sent = Assert.Single(network.Sent);
        Assert.Equal("Basic " + Convert.ToBase64String("user:pass:é"u8), sent.Headers["Authorization"]);
        Assert.Equal("Harbour", JsonDocument.Parse(sent.Body!).RootElement.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("[ONE]", "")]
    [InlineData("{\"applications\":[ONE]}", "")]
    [InlineData("{\"applications\":[ONE],\"next\":null}", "")]
    [InlineData("{\"applications\":[ONE],\"next\":\"a b\"}", "a b")]
    public async Task The_organization_API_s_list_is_read_in_every_form(string body, string next)
    {
        vault.With("platform-organization-token", "abc");
        network.Ok(body.Replace("ONE", Representation, StringComparison.Ordinal)).Ok("[]");
        var page = await Gate.ListAsync(100, null, None);
        Assert.Equal((Id, next), (Assert.Single(page.Applications).Id.ToString(), page.Next));
        if (next.Length == 0) return;
        Assert.Equal("", (await Gate.ListAsync(100, next, None)).Next);
        Assert.Equal("https://organization.example.com/api/applications?token=a%20b", network.Sent[1].Url);
    }

    [Fact]
    public async Task Missing_credentials_are_reported_by_name_without_a_request()
    {
        var missing = await Assert.ThrowsAsync<OrganizationCredentialsException>(() => Gate.CreateAsync("Harbour", None));
        Assert.True(missing.AreMissing);
        Assert.Contains("platform-organization-token", missing.Message, StringComparison.Ordinal);
        vault.With("platform-organization-user", "user");
        missing = await Assert.ThrowsAsync<OrganizationCredentialsException>(() => Basic.ListAsync(1, null, None));
        Assert.Contains("platform-organization-password", missing.Message, StringComparison.Ordinal);
        Assert.Empty(network.Sent);
    }

    [Fact]
    public async Task Replaced_credentials_are_read_again_once()
    {
        vault.With("platform-organization-token", "old");
        network.Ok("[]").Answer(400, Refused).Ok("[]").Answer(401, "");
        await Gate.ListAsync(1, null, None);
        vault.With("platform-organization-token", "new");
        await Gate.ListAsync(1, null, None);
        Assert.Equal(["old", "old", "new"], network.Sent.Select(sent => sent.Headers["SENDBIRDORGANIZATIONAPITOKEN"]));

        var refused = await Assert.ThrowsAsync<OrganizationCredentialsException>(() => Gate.ListAsync(1, null, None));
        Assert.False(refused.AreMissing);
        Assert.DoesNotContain("new", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_cached_for_five_minutes()
    {
        vault.With("platform-organization-token", "abc");
        network.Otherwise = () => ScriptedNetwork.Response(200, "[]");
        await Gate.ListAsync(1, null, None);
        await Gate.ListAsync(1, null, None);
        Assert.Equal(1, vault.Reads);
        clock.Advance(TimeSpan.FromMinutes(5));
        await Gate.ListAsync(1, null, None);
        Assert.Equal(2, vault.Reads);
    }

    [Fact]
    public async Task An_application_is_deleted_under_its_own_token_and_by_the_organization_API_where_that_is_not_served()
    {
        vault.With("platform-organization-token", "abc");
        var master = new ApplicationCredential(AppId.TryParse(Id)!.Value, ApiToken.TryParse(Token)!);
        network.Ok("{}").Answer(400, """{"message":"no","code":400404,"error":true}""").Ok("");
        await Gate.DeleteAsync(master, None);
        await Gate.DeleteAsync(master, None);
        Assert.Equal(
            [
                $"https://api-{Id.ToLowerInvariant()}.example.com/v3/applications", $"https://api-{Id.ToLowerInvariant()}.example.com/v3/applications",
                $"https://organization.example.com/api/applications/{Id}",
            ],
            network.Sent.Select(sent => sent.Url));
        Assert.DoesNotContain("Api-Token", network.Sent[2].Headers.Keys);
    }

    [Fact]
    public async Task The_contract_s_dialect_never_deletes_under_HTTP_Basic()
    {
        vault.With("platform-organization-user", "user").With("platform-organization-password", "password");
        network.Answer(400, """{"message":"no","code":400404,"error":true}""");
        var master = new ApplicationCredential(AppId.TryParse(Id)!.Value, ApiToken.TryParse(Token)!);
        await Assert.ThrowsAsync<PlatformException>(() => Basic.DeleteAsync(master, None));
        Assert.DoesNotContain("Authorization", Assert.Single(network.Sent).Headers.Keys);
    }
}
