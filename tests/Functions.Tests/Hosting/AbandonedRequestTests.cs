using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Tests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>A call whose caller disconnects is not an error of the application.</summary>
public sealed class AbandonedRequestTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken Gone = new(canceled: true);

    private readonly RecordedLogs logs = new();
    private RunningGatehouse gatehouse = null!;

    public async Task InitializeAsync() => gatehouse = await RunningGatehouse.StartAsync(logs: logs);

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    public void Dispose() => logs.Dispose();

    [Fact]
    public async Task An_abandoned_call_of_the_platform_is_not_logged_as_an_error() =>
        Check(await gatehouse.Services.GetRequiredService<PlatformGate>()
            .OrganizationAsync(Request(gatehouse.Api.Organization), _ => Stop()));

    [Fact]
    public async Task An_abandoned_call_of_the_facade_is_not_logged_as_an_error() =>
        Check(await gatehouse.Services.GetRequiredService<OpsGate>()
            .ReadGlobalAsync(Request(Credential.Ops), Role.ApplicationsRead, (_, _) => Stop(), "OpsListApplications"));

    private void Check(IResult answer)
    {
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, ((Reply)answer).StatusCode);
        Assert.DoesNotContain(logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static Task<IResult> Stop() => throw new OperationCanceledException(Gone);

    private static HttpRequest Request(Credential credential)
    {
        var request = new DefaultHttpContext { RequestAborted = Gone }.Request;
        request.Headers[credential.Header!] = credential.Value;
        return request;
    }
}
