using System.Diagnostics;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The smoke test, <c>.ci/smoke</c>, against a running app.</summary>
public abstract class SmokeTests(Head head)
{
    [Fact]
    public async Task It_passes_with_the_embedded_platform()
    {
        await using var gatehouse = await head.StartAsync();
        var (exit, output) = await SmokeScript.RunAsync(gatehouse.Api.Address, "Embedded", Commit);
        Assert.True(exit == 0, output);
        Assert.Contains($"{SmokeScript.Calls.Count} calls, 0 failed", output, StringComparison.Ordinal);
        (exit, output) = await SmokeScript.RunAsync(gatehouse.Api.Address, "Hosted");
        Assert.True(exit == 1, output);
    }

    [Fact]
    public async Task It_passes_with_a_hosted_platform()
    {
        await using var gatehouse = await head.StartHostedAsync(new Uri("http://127.0.0.1:1"));
        var (exit, output) = await SmokeScript.RunAsync(gatehouse.Api.Address, "Hosted", Commit);
        Assert.True(exit == 0, output);
    }

    // A build outside a repository knows no commit.
    private static string Commit => BuildVersion.Text.Split('+') is [_, var commit] ? commit : "";
}

public sealed class SmokeOnServerTests() : SmokeTests(Head.Server);

public sealed class SmokeOnFunctionsHostTests() : SmokeTests(Head.FunctionsHost);

/// <summary>What the smoke test does not let pass.</summary>
public sealed class SmokeFailureTests
{
    [Fact]
    public void It_calls_each_function_once()
    {
        var known = SmokeScript.Calls.Where(call => call.Kind != "unknown").ToList();
        foreach (var route in FunctionRoute.All.Where(route => route.Name != FunctionRoute.Unknown))
            Assert.True(known.Count(call => route.Fits(call.Method, call.Path)) == 1, $".ci/smoke needs one line for {route.Method} /{route.Route}.");
        Assert.Equal(FunctionRoute.All.Count - 1, known.Count);
    }

    [Theory]
    [InlineData("GET", "/health/live")]
    [InlineData("GET", "/openapi.json")]
    [InlineData("GET", "/ops/v1/audit")]
    [InlineData("POST", "/ops/v1/applications/adopt")]
    [InlineData("POST", "/webhooks/00000000-0000-0000-0000-000000000000")]
    [InlineData("GET", "/v3/applications")]
    [InlineData("DELETE", "/v3/applications/push/gcm")]
    public async Task A_function_that_the_catch_all_hides_fails_it(string method, string path)
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        await using var front = await HidingFront.StartAsync(gatehouse, request => (request.Method, request.Path.Value) == (method, path));
        var (exit, output) = await SmokeScript.RunAsync(front.Address, "Embedded");
        Assert.Equal(1, exit);
        Assert.StartsWith($"{method} {path}: ", output, StringComparison.Ordinal);
        Assert.Contains($"{SmokeScript.Calls.Count} calls, 1 failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_function_that_the_catch_all_hides_fails_it()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        await using var front = await HidingFront.StartAsync(gatehouse, request => request.Path != "/health/ready");
        var (exit, output) = await SmokeScript.RunAsync(front.Address, "Embedded");
        Assert.Equal(1, exit);
        foreach (var (kind, method, path) in SmokeScript.Calls)
            Assert.Equal(kind != "unknown" && path != "/health/ready", output.Contains($"{method} {path}: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_app_that_is_not_ready_or_of_another_commit_fails_it()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var (exit, output) = await SmokeScript.RunAsync(gatehouse.Api.Address, "Embedded", new string('0', 40));
        Assert.Equal(1, exit);
        Assert.Contains("not the app of the commit", output, StringComparison.Ordinal);
        await using var front = await HidingFront.StartAsync(gatehouse, request => request.Path == "/health/ready");
        (exit, output) = await SmokeScript.RunAsync(front.Address, "Embedded");
        Assert.Equal(1, exit);
        Assert.Contains("is not ready", output, StringComparison.Ordinal);
    }
}

/// <summary>The script <c>.ci/smoke</c>.</summary>
internal static partial class SmokeScript
{
    private const string File = ".ci/smoke";

    /// <summary>The calls that it makes, in its order, and how it expects each to be answered.</summary>
    public static IReadOnlyList<(string Kind, string Method, string Path)> Calls { get; } =
    [
        .. Line().Matches(Repository.Read(File)).Select(line => (
            line.Groups[1].Value, line.Groups[2].Value,
            line.Groups[3].Value.Replace("$application", "00000000-0000-0000-0000-000000000000", StringComparison.Ordinal))),
    ];

    /// <summary>Runs it, without waiting for an app that is not ready, and returns its exit code and what it says.</summary>
    public static async Task<(int Exit, string Output)> RunAsync(Uri address, params IEnumerable<string> arguments)
    {
        using var script = Process.Start(new ProcessStartInfo("bash", [Repository.PathOf(File), address.ToString(), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["WAIT"] = "0" },
        })!;
        var said = await Task.WhenAll(script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync();
        return (script.ExitCode, string.Concat(said));
    }

    [GeneratedRegex("""^(open|caller|signed|organization|token|unknown) ([A-Z]+) "?(/[^\s"]*)""", RegexOptions.Multiline)]
    private static partial Regex Line();
}

/// <summary>A proxy before an app, which hides some of its functions behind the one for unknown URLs.</summary>
internal sealed class HidingFront(LoopbackServer server, HttpClient http) : IAsyncDisposable
{
    public Uri Address => new(server.Address);

    public static async Task<HidingFront> StartAsync(RunningGatehouse gatehouse, Func<HttpRequest, bool> isHidden)
    {
        var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        var server = await LoopbackServer.StartAsync(async context =>
        {
            // Only the function for unknown URLs takes this method.
            var method = isHidden(context.Request) ? HttpMethod.Patch : new HttpMethod(context.Request.Method);
            using var request = new HttpRequestMessage(method, context.Request.Path);
            using var answer = await http.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        return new HidingFront(server, http);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        http.Dispose();
    }
}
