using System.Net;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Tests.Hosting;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>A misspelt parameter or field of <c>/ops/v1</c> is refused and named: ignored, it would do something else than was meant.</summary>
public abstract class UnknownNamesTests(Head head)
{
    [Fact]
    public async Task Every_operation_refuses_a_query_parameter_that_it_does_not_have()
    {
        await using var gatehouse = await head.StartAsync();
        foreach (var route in FunctionRoute.All.Where(route => route.Route.StartsWith("ops/v1/", StringComparison.Ordinal)))
        {
            var path = RoutesTests.PathOf(route).Replace("/applications/sample", $"/applications/{AppId.Generate()}", StringComparison.Ordinal);
            var answer = await gatehouse.Api.SendAsync(new HttpMethod(route.Method), $"{path}?unknown=1", Credential.Ops, new StringContent("{}"));
            Assert.Contains("There is no query parameter 'unknown'.", DetailOf(answer), StringComparison.Ordinal);
        }
        Assert.Equal(0, (await gatehouse.Api.GetAsync("/ops/v1/audit", Credential.Ops)).Ok().GetProperty("entries").GetArrayLength());
    }

    [Theory]
    [InlineData("operatoin=OpsRevokeToken", "There is no query parameter 'operatoin'. Did you mean operation?")]
    [InlineData("limit=1&tokne=x", "There is no query parameter 'tokne'. Did you mean token?")]
    [InlineData("=x", "There is no query parameter ''. There is application, caller, operation, role, label, outcome, from, to, limit, token.")]
    [InlineData("operation=OpsRevokeTokn", "There is no operation 'OpsRevokeTokn'. Did you mean OpsRevokeToken?")]
    [InlineData("operation=revoke", "There is no operation 'revoke'. Did you mean OpsRevokeToken or RevokeApiToken?")]
    [InlineData("operation=opsrevoketoken", "There is no operation 'opsrevoketoken'. Did you mean OpsRevokeToken?")]
    [InlineData("role=Token.Issue", "There is no role 'Token.Issue'. Did you mean Tokens.Issue?")]
    [InlineData("outcome=fail", "There is no outcome 'fail'. Did you mean failed?")]
    [InlineData("application=", "application must not be empty.")]
    [InlineData("caller=", "caller must not be empty.")]
    [InlineData("operation=", "operation must not be empty.")]
    [InlineData("from=", "from must not be empty.")]
    [InlineData("outcome=x", "There is no outcome 'x'. There is started, done, failed, refused.")]
    public async Task An_unknown_name_in_a_filter_is_refused_with_the_nearest_known_one(string query, string detail)
    {
        await using var gatehouse = await head.StartAsync();
        Assert.Equal(detail, DetailOf(await gatehouse.Api.GetAsync($"/ops/v1/audit?{query}", Credential.Ops)));
    }

    [Fact]
    public async Task Parameters_are_found_in_any_case_as_ASP_NET_Core_does()
    {
        await using var gatehouse = await head.StartAsync();
        (await gatehouse.Api.GetAsync("/ops/v1/audit?Limit=1&OPERATION=OpsRevokeToken", Credential.Ops)).Ok();
    }

    [Theory]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","rotate_every":86400}""", "There is no field 'rotate_every'. Did you mean rotate_every_seconds?")]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","expires_in":5}""", "There is no field 'expires_in'. Did you mean expires_in_seconds?")]
    [InlineData("POST", "tokens", """{"Label":"a","deliver":"response"}""", "There is no field 'Label'. Did you mean label?")]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","dry_run":true}""", "dry_run is a query parameter, not a field: add ?dry_run=true to the URL.")]
    [InlineData("POST", "tokens", """{"label":"a","label":"b","deliver":"response"}""", "label must be sent once.")]
    [InlineData("POST", "tokens/0123456789abcdef/rotate", """{"overlap":5}""", "There is no field 'overlap'. Did you mean overlap_seconds?")]
    [InlineData("DELETE", "tokens/0123456789abcdef", """{"dry_run":true}""", "dry_run is a query parameter, not a field: add ?dry_run=true to the URL.")]
    [InlineData("DELETE", "push/apns/1", """{"x":1}""", "There is no field 'x'. This operation takes no field.")]
    [InlineData("DELETE", "?confirm=Harbour", """{"dry_run":true}""", "dry_run is a query parameter, not a field: add ?dry_run=true to the URL.")]
    [InlineData("PUT", "", """{"name":"x"}""", "There is no field 'name'. This operation takes no field.")]
    [InlineData("PUT", "limits", """{"user_messages_per_second":1,"channel_messages_per_second":1,"mesages":1}""", "There is no field 'mesages'. There is user_messages_per_second, channel_messages_per_second.")]
    [InlineData("POST", "push/fcm", """{"type":"service_account","private_key":"x"}""", "A service account's key file must be sent as the file service_account_key of a form (multipart/form-data).")]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","expires_in_seconds":-1}""", "expires_in_seconds must be from 1 to 315360000.")]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","expires_in_seconds":99999999999}""", "expires_in_seconds must be from 1 to 315360000.")]
    [InlineData("POST", "tokens", """{"label":"a","deliver":"response","expires_in_seconds":0.5}""", "expires_in_seconds must be a whole number of seconds.")]
    [InlineData("POST", "push/fcm", """{"sender_id":"1","server_key":"k","senderid":"1"}""", "There is no field 'senderid'. Did you mean sender_id?")]
    [InlineData("POST", "daily_counts/backfill", """{"from":"2024-01-01","until":"2024-01-02"}""", "There is no field 'until'. There is from, to.")]
    [InlineData("POST", "events", """{"events":[{"type":"active","user_id":"u","att":1}]}""", "Event 0: There is no field 'att'. Did you mean at?")]
    public async Task An_unknown_field_is_refused_with_the_nearest_known_one(string method, string path, string body, string detail)
    {
        await using var gatehouse = await head.StartAsync();
        var id = await CreateAsync(gatehouse);
        var answer = await gatehouse.Api.SendAsync(
            new HttpMethod(method), $"/ops/v1/applications/{id}{(path.StartsWith('?') || path.Length == 0 ? "" : "/")}{path}", Credential.Ops,
            new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(detail, DetailOf(answer, path == "events" ? "invalid-events" : "invalid-request"));
        (await gatehouse.Api.GetAsync($"/ops/v1/applications/{id}", Credential.Ops)).Ok();
    }

    [Theory]
    [InlineData("apns", "pasword", "There is no field 'pasword'. Did you mean password?")]
    [InlineData("apns", "dry_run", "dry_run is a query parameter, not a field: add ?dry_run=true to the URL.")]
    [InlineData("fcm", "service_account", "There is no field 'service_account'. Did you mean service_account_key?")]
    public async Task An_unknown_part_of_a_form_is_refused_with_the_nearest_known_one(string type, string part, string detail)
    {
        await using var gatehouse = await head.StartAsync();
        var id = await CreateAsync(gatehouse);
        using var form = new MultipartFormDataContent { { new StringContent("secret"), part } };
        var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, $"/ops/v1/applications/{id}/push/{type}", Credential.Ops, form);
        Assert.Equal(detail, DetailOf(answer));
    }

    [Fact]
    public async Task A_misspelt_dry_run_changes_nothing()
    {
        await using var gatehouse = await head.StartAsync();
        var id = await CreateAsync(gatehouse);
        foreach (var query in (string[])["dryrun=true", "dry-run=true", "dry_run=yes", "dry_run=", "dry_run=true&dry_run=false", "dry_run=1"])
        {
            (await gatehouse.Api.DeleteAsync($"/ops/v1/applications/{id}?confirm=Harbour&{query}", Credential.Ops))
                .Problem(HttpStatusCode.BadRequest, "invalid-request");
        }
        (await gatehouse.Api.GetAsync($"/ops/v1/applications/{id}", Credential.Ops)).Ok();
    }

    [Fact]
    public async Task The_platform_ignores_what_it_does_not_know_as_its_clients_need()
    {
        await using var gatehouse = await head.StartAsync();
        (await gatehouse.Api.PostAsync("/v3/applications?x=1", gatehouse.Api.Organization, """{"name":"Harbour","x":1}""")).Ok();
        (await gatehouse.Api.GetAsync("/v3/applications?x=1", gatehouse.Api.Organization)).Ok();
    }

    private static async Task<string> CreateAsync(RunningGatehouse gatehouse) =>
        (await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Body.GetProperty("app_id").GetString()!;

    private static string DetailOf(Answer answer, string type = "invalid-request") =>
        answer.Problem(HttpStatusCode.BadRequest, type).GetProperty("detail").GetString()!;
}

public sealed class UnknownNamesOnServerTests() : UnknownNamesTests(Head.Server);

public sealed class UnknownNamesOnFunctionsHostTests() : UnknownNamesTests(Head.FunctionsHost);
