using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Calls of function methods: their parameters, results and exceptions.</summary>
public sealed class InvocationTests
{
    [Theory]
    [InlineData("TaskOfResult", "result")]
    [InlineData("TaskOfNarrowResult", "narrow")]
    [InlineData("PlainResult", "plain")]
    [InlineData("TaskAlone", "")]
    [InlineData("Nothing", "")]
    [InlineData("Written", "written")]
    [InlineData("TaskOfObject", "")]
    [InlineData("PlainObject", "")]
    public async Task A_result_is_answered_and_anything_else_is_an_empty_200(string function, string body)
    {
        await using var host = await TestHost.StartAsync<Returns>();
        using var response = await host.Client.GetAsync(function);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Empty(response.Headers.Server);
    }

    [Theory]
    [InlineData("ThrowsAtOnce")]
    [InlineData("ThrowsLater")]
    [InlineData("ThrowsInResult")]
    public async Task An_exception_from_a_function_is_logged_and_answered_with_an_empty_500(string function)
    {
        await using var host = await TestHost.StartAsync<Throws>();
        using var response = await host.Client.GetAsync(function);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("X-Half"));

        var line = Assert.Single(host.Logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains($"Function {function} failed", line, StringComparison.Ordinal);
        Assert.Contains("thrown on purpose", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_fails_halfway_breaks_the_connection()
    {
        await using var host = await TestHost.StartAsync<Throws>();
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetStringAsync("ThrowsHalfWay"));
        Assert.Single(host.Logs.Lines, line => line.Contains("Function ThrowsHalfWay failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_class_is_created_for_each_request_with_the_services_of_that_request()
    {
        await using var host = await TestHost.StartAsync<Injected>(builder => builder.Services
            .AddSingleton<One>()
            .AddScoped<Each>());
        var first = (await host.Client.GetStringAsync("Injected")).Split(' ');
        var second = (await host.Client.GetStringAsync("Injected")).Split(' ');

        Assert.Equal(first[0], second[0]);
        Assert.NotEqual(first[1], second[1]);
        Assert.NotEqual(first[2], second[2]);
        Assert.Equal("True", first[3]);
    }

    [Fact]
    public async Task A_function_is_cancelled_when_its_caller_disconnects()
    {
        var waiting = new Waiting();
        await using var host = await TestHost.StartAsync<Waits>(builder => builder.Services.AddSingleton(waiting));
        using var timeout = new CancellationTokenSource();
        var call = host.Client.GetAsync("Waits", timeout.Token);
        await waiting.Began.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await timeout.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await waiting.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(30_000_001, "HTTP/1.1 413 ")]
    [InlineData(1, "HTTP/1.1 200 ")]
    public async Task A_body_over_thirty_million_bytes_is_refused(int length, string answer)
    {
        await using var host = await TestHost.StartAsync<Reads>();
        using var connection = new TcpClient();
        await connection.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /Reads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\na"));
        Assert.StartsWith(answer, await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);
    }

    internal sealed class Returns
    {
        [Function(nameof(TaskOfResult))]
        public static async Task<IResult> TaskOfResult([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request)
        {
            await Task.Yield();
            return TypedResults.Text("result");
        }

        [Function(nameof(TaskOfNarrowResult))]
        public static Task<Results<ContentHttpResult, NotFound>> TaskOfNarrowResult(
            [HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) =>
            Task.FromResult<Results<ContentHttpResult, NotFound>>(TypedResults.Text("narrow"));

        [Function(nameof(PlainResult))]
        public static ContentHttpResult PlainResult([HttpTrigger(AuthorizationLevel.Function)] HttpRequest request) =>
            TypedResults.Text("plain");

        [Function(nameof(TaskAlone))]
        public static Task TaskAlone([HttpTrigger] HttpRequest request, CancellationToken cancellation) => Task.CompletedTask;

        [Function(nameof(Nothing))]
        public static void Nothing([HttpTrigger("get")] HttpRequest request) { }

        [Function(nameof(Written))]
        public static Task Written([HttpTrigger("get")] HttpRequest request, CancellationToken cancellation) =>
            request.HttpContext.Response.WriteAsync("written", cancellation);

        [Function(nameof(TaskOfObject))]
        public static Task<string> TaskOfObject([HttpTrigger] HttpRequest request) => Task.FromResult("unseen");

        [Function(nameof(PlainObject))]
        public static int PlainObject([HttpTrigger] HttpRequest request) => 7;
    }

    internal sealed class Throws
    {
        [Function(nameof(ThrowsAtOnce))]
        public static Task<IResult> ThrowsAtOnce([HttpTrigger] HttpRequest request) =>
            throw new NotSupportedException("thrown on purpose");

        [Function(nameof(ThrowsLater))]
        public static async Task<IResult> ThrowsLater([HttpTrigger] HttpRequest request)
        {
            await Task.Yield();
            request.HttpContext.Response.Headers["X-Half"] = "set before the fault";
            throw new NotSupportedException("thrown on purpose");
        }

        [Function(nameof(ThrowsInResult))]
        public static IResult ThrowsInResult([HttpTrigger] HttpRequest request) => new Faulty();

        [Function(nameof(ThrowsHalfWay))]
        public static async Task ThrowsHalfWay([HttpTrigger] HttpRequest request)
        {
            await request.HttpContext.Response.WriteAsync("half");
            await request.HttpContext.Response.Body.FlushAsync();
            throw new NotSupportedException("thrown on purpose");
        }

        private sealed class Faulty : IResult
        {
            public Task ExecuteAsync(HttpContext httpContext) => throw new NotSupportedException("thrown on purpose");
        }
    }

    internal sealed class One
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class Each
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class Injected(One one, Each each)
    {
        private readonly Guid id = Guid.NewGuid();

        [Function("Injected")]
        public IResult Answer([HttpTrigger] HttpRequest request)
        {
            var same = ReferenceEquals(each, request.HttpContext.RequestServices.GetRequiredService<Each>());
            return Results.Text($"{one.Id} {each.Id} {id} {same}");
        }
    }

    internal sealed class Waiting
    {
        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed class Waits(Waiting waiting)
    {
        [Function("Waits")]
        public async Task Answer([HttpTrigger] HttpRequest request, CancellationToken cancellation)
        {
            using var told = cancellation.Register(waiting.Cancelled.SetResult);
            waiting.Began.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        }
    }

    internal sealed class Reads
    {
        [Function("Reads")]
        public static async Task Answer([HttpTrigger("post")] HttpRequest request, CancellationToken cancellation) =>
            await request.Body.ReadExactlyAsync(new byte[1], cancellation);
    }
}
