using System.Net.Http.Headers;
using Gatehouse.Functions.Tests.Harness;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>HEAD is answered as GET is, without a body (RFC 9110, section 9.3.2). Monitors and load balancers send it.</summary>
public abstract class HeadRequestTests(Head head)
{
    [Fact]
    public async Task HEAD_gets_the_status_and_the_type_of_GET_without_a_body()
    {
        await using var gatehouse = await head.StartAsync();
        var application = await gatehouse.Api.CreateApplicationAsync();
        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        Credential.Ops.AddTo(http.DefaultRequestHeaders);
        application.Master.AddTo(http.DefaultRequestHeaders);
        foreach (var path in (string[])
        [
            "/health/live", "/health/ready", "/openapi.json", "/ops/v1/applications", "/ops/v1/audit", "/ops/v1/unknown",
            $"/ops/v1/applications/{application.Id}/limits", "/ops/v1/daily_counts/gaps", "/v3/applications/info", "/v3/unknown",
            "/v3/applications/push/apns",
        ])
        {
            using var full = await http.GetAsync(path);
            using var headers = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(full.StatusCode, headers.StatusCode);
            Assert.Equal(full.Content.Headers.ContentType, headers.Content.Headers.ContentType);
            Assert.Empty(await headers.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task HEAD_of_a_streamed_answer_has_its_type()
    {
        await using var gatehouse = await head.StartAsync();
        var application = await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        var path = $"/ops/v1/applications/{application.Body.GetProperty("app_id").GetString()}/daily_counts";
        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        Credential.Ops.AddTo(http.DefaultRequestHeaders);
        using var answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{path}?format=csv"));
        Assert.Equal(MediaTypeHeaderValue.Parse("text/csv; charset=utf-8; header=present"), answer.Content.Headers.ContentType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }
}

/// <inheritdoc/>
public sealed class HeadRequestOnServerTests() : HeadRequestTests(Head.Server)
{
    [Fact]
    public void Every_function_that_takes_GET_takes_HEAD()
    {
        foreach (var function in FunctionRoute.Functions)
        {
            if (FunctionRoute.Trigger<HttpTriggerAttribute>(function)?.Methods is not { } methods) continue;
            Assert.True(methods.Contains("get") == methods.Contains("head"), $"{function.Name} takes {string.Join(", ", methods)}.");
        }
    }
}

/// <inheritdoc/>
public sealed class HeadRequestOnFunctionsHostTests() : HeadRequestTests(Head.FunctionsHost);
