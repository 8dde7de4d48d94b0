using System.Net;
using System.Text;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// Fields of a query or a body that have the name of a parameter in the code have no effect: the facade refuses them, and the
/// platform ignores them.
/// </summary>
public abstract class FieldsTests(Head head) : IAsyncLifetime
{
    private RunningGatehouse gatehouse = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync() => gatehouse = await head.StartAsync();

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Theory]
    [InlineData("cancellation")]
    [InlineData("cancellationToken")]
    [InlineData("request")]
    [InlineData("context")]
    [InlineData("appId")]
    [InlineData("Query")]
    [InlineData("Headers")]
    [InlineData("code")]
    public async Task A_field_changes_nothing(string name)
    {
        var application = (await Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Body
            .GetProperty("app_id").GetString();
        var path = $"/ops/v1/applications/{application}/limits";
        var limits = await Api.GetAsync(path, Credential.Ops);
        limits.Ok();
        (await Api.GetAsync($"{path}?{name}=w", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
        foreach (var value in (string[])["1", "true", "\"w\"", "{}", "[]", "null"])
        {
            using var content = new StringContent(
                $$"""{"{{name}}":{{value}},"user_messages_per_second":7,"channel_messages_per_second":0}""", Encoding.UTF8, "application/json");
            var set = await Api.SendAsync(HttpMethod.Put, path, Credential.Ops, content);
            set.Problem(HttpStatusCode.BadRequest, "invalid-request");
            (await Api.PostAsync(
                "/v3/applications", Api.Organization, $$"""{"{{name}}":{{value}},"name":"x"}""")).Ok();
        }
        Assert.Equal(limits, await Api.GetAsync(path, Credential.Ops));
    }
}

public sealed class FieldsOnServerTests() : FieldsTests(Head.Server);

public sealed class FieldsOnFunctionsHostTests() : FieldsTests(Head.FunctionsHost);
