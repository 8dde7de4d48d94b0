using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Tests.Hosted;

/// <summary>What a faulty upstream does with a request.</summary>
public enum Fault
{
    /// <summary>No fault: the request is passed on and answered.</summary>
    None,

    /// <summary>It is dropped before the platform sees it.</summary>
    DropBefore,

    /// <summary>The platform executes the request, and the connection is reset before the answer.</summary>
    DropAfter,

    /// <summary>The connection is reset in the middle of the answer's body.</summary>
    ResetInBody,

    /// <summary>There is no answer.</summary>
    Hang,

    /// <summary>The platform executes the request, and the answer arrives one byte at a time.</summary>
    Drip,

    /// <summary>429 with a wait that is longer than a call.</summary>
    RateLimit,

    /// <summary>500 in the platform's format.</summary>
    InternalError,

    /// <summary>503 with an HTML page.</summary>
    Unavailable,

    /// <summary>200 with an HTML page.</summary>
    Garbage,

    /// <summary>302 to another host.</summary>
    Redirect,

    /// <summary>An answer without an end.</summary>
    Endless,
}

/// <summary>A proxy in front of a platform. The test decides what it does with each request.</summary>
internal sealed class FaultyUpstream : IAsyncDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromMinutes(1) };
    private readonly ConcurrentQueue<string> received = new();
    private readonly ConcurrentQueue<string> carriedOut = new();
    private readonly RunningGatehouse platform;
    private WebApplication application = null!;
    private int underWay;

    private FaultyUpstream(RunningGatehouse platform) => this.platform = platform;

    /// <summary>Decides what to do with a request.</summary>
    public Func<HttpRequest, Fault> Decide { get; set; } = _ => Fault.None;

    /// <summary>Changes the body of an answer with status 200. It gets the method and the path, and the body.</summary>
    public Func<string, string, string> Rewrite { get; set; } = (_, body) => body;

    /// <summary>The methods and paths of the received requests.</summary>
    public IReadOnlyCollection<string> Received => received;

    /// <summary>The requests that the platform has answered with 200.</summary>
    public IReadOnlyCollection<string> CarriedOut => carriedOut;

    public Uri Address => new(application.Urls.Single());

    public static async Task<FaultyUpstream> StartAsync(RunningGatehouse platform)
    {
        var upstream = new FaultyUpstream(platform);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MinResponseDataRate = null;
        });
        upstream.application = builder.Build();
        upstream.application.Run(upstream.AnswerAsync);
        await upstream.application.StartAsync();
        return upstream;
    }

    /// <summary>Decides what to do with the next request only.</summary>
    public void Once(Fault fault)
    {
        var left = 1;
        Decide = _ => Interlocked.Decrement(ref left) == 0 ? fault : Fault.None;
    }

    /// <summary>Waits until no request is in progress, including requests that their callers gave up.</summary>
    public Task IdleAsync() => Waiting.UntilAsync(() => Volatile.Read(ref underWay) == 0);

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource();
        await timeout.CancelAsync();
        await application.StopAsync(timeout.Token);
        await application.DisposeAsync();
        http.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref underWay);
        try
        {
            await DecideAsync(context);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller has gone away.
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }

    private async Task DecideAsync(HttpContext context)
    {
        received.Enqueue(Name(context.Request));
        var fault = Decide(context.Request);
        switch (fault)
        {
            case Fault.DropBefore:
                context.Abort();
                return;
            case Fault.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            case Fault.RateLimit:
                await SayAsync(context, 429, """{"message":"slow down","code":500910,"error":true}""", ("X-RateLimit-RetryAfter", "77"));
                return;
            case Fault.InternalError:
                await SayAsync(context, 500, """{"message":"Unexpected internal error.","code":500901,"error":true}""");
                return;
            case Fault.Unavailable:
                await SayAsync(context, 503, "<html>Service Unavailable</html>");
                return;
            case Fault.Garbage:
                await SayAsync(context, 200, "<html>Down for maintenance</html>");
                return;
            case Fault.Redirect:
                await SayAsync(context, 302, "", ("Location", platform.Api.Address + "v3/applications/info"));
                return;
            case Fault.Endless:
                var spaces = new byte[64 * 1024];
                Array.Fill(spaces, (byte)' ');
                while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
                return;
            default:
                await PassOnAsync(context, fault);
                return;
        }
    }

    private async Task PassOnAsync(HttpContext context, Fault fault)
    {
        var request = context.Request;
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(platform.Api.Address, request.Path + request.QueryString));
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        message.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, value) in request.Headers)
            if (!message.Headers.TryAddWithoutValidation(name, (string?)value)) message.Content.Headers.TryAddWithoutValidation(name, (string?)value);
        message.Headers.Host = null;
        // The caller may have disconnected. The platform executes the request anyway.
        using var response = await http.SendAsync(message, CancellationToken.None);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode == HttpStatusCode.OK)
        {
            carriedOut.Enqueue(Name(request));
            bytes = Encoding.UTF8.GetBytes(Rewrite(Name(request), Encoding.UTF8.GetString(bytes)));
        }
        context.Response.StatusCode = (int)response.StatusCode;
        switch (fault)
        {
            case Fault.DropAfter:
                context.Abort();
                break;
            case Fault.ResetInBody:
                context.Response.ContentLength = bytes.Length + 1;
                await context.Response.Body.WriteAsync(bytes);
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case Fault.Drip:
                context.Response.ContentLength = bytes.Length;
                foreach (var one in bytes)
                {
                    await context.Response.Body.WriteAsync(new[] { one }, context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(5000, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    if (context.RequestAborted.IsCancellationRequested) return;
                }
                break;
            default:
                context.Response.ContentLength = bytes.Length;
                await context.Response.Body.WriteAsync(bytes);
                break;
        }
    }

    private static async Task SayAsync(HttpContext context, int status, string body, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    }

    private static string Name(HttpRequest request) => $"{request.Method} {request.Path}";
}
