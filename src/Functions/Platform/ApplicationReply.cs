using System.Text;
using Gatehouse.Common;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Platform;

/// <summary>
/// The application of a token, written into the response without a copy. This is the answer that clients ask for most, and of which
/// all but the token stays the same.
/// </summary>
internal sealed class ApplicationReply(ApplicationCaller caller) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var frame = caller.Keep(Frame.Of);
        var response = httpContext.Response;
        var length = frame.Head.Length + ApiToken.Length + frame.Tail.Length;
        Reply.SetHeaders(response, length);
        if (HttpMethods.IsHead(httpContext.Request.Method)) return Task.CompletedTask;
        var body = response.BodyWriter.GetSpan(length);
        frame.Head.CopyTo(body);
        Encoding.ASCII.GetBytes(caller.Token.Reveal(), body[frame.Head.Length..]);
        frame.Tail.CopyTo(body[(frame.Head.Length + ApiToken.Length)..]);
        response.BodyWriter.Advance(length);
        return response.BodyWriter.FlushAsync(httpContext.RequestAborted).AsTask();
    }

    // The JSON before and after the token.
    private sealed record Frame(byte[] Head, byte[] Tail)
    {
        public static Frame Of(Application application)
        {
            var json = JsonText.Write(ApplicationDocument.Of(application), WireContext.Default.ApplicationDocument).AsSpan();
            var at = json.IndexOf(Encoding.ASCII.GetBytes(application.Token.Reveal()));
            return new Frame(json[..at].ToArray(), json[(at + ApiToken.Length)..].ToArray());
        }
    }
}
