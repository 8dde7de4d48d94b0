using System.Text;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>Fields of a query or a body that have the name of a parameter in the code have no effect.</summary>
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
        Assert.Equal(limits, await Api.GetAsync($"{path}?{name}=w", Credential.Ops));
        foreach (var value in (string[])["1", "true", "\"w\"", "{}", "[]", "null"])
        {
            using var content = new StringContent(
                $$"""{"{{name}}":{{value}},"user_messages_per_second":5,"channel_messages_per_second":0}""", Encoding.UTF8, "application/json");
            var set = await Api.SendAsync(HttpMethod.Put, path, Credential.Ops, content);
            Assert.Equal(5, set.Ok().GetProperty("user_messages_per_second").GetInt32());
            (await Api.PostAsync(
                "/v3/applications", Api.Organization, $$"""{"{{name}}":{{value}},"name":"x"}""")).Ok();
        }
    }
}

public sealed class FieldsOnServerTests() : FieldsTests(Head.Server);

public sealed class FieldsOnFunctionsHostTests() : FieldsTests(Head.FunctionsHost);
