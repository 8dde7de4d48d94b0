// The bare servers that the product is compared with: Kestrel and one delegate, without routing, logging and services of their own,
// and with the product's headers. Arguments: the address to listen on, and one of
//   FILE           answers every request with the file's bytes
//   pass ADDRESS   passes every request on to the server at this address
//   open PASSWORD  opens the .p12 in the form of every request

using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().UseUrls(args[0]).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var app = builder.Build();
app.Run(args switch
{
    [_, "pass", var upstream] => PassOn(upstream),
    [_, "open", var password] => Open(password),
    _ => Answer(File.ReadAllBytes(args[1])),
});
app.Run();

static RequestDelegate Answer(byte[] body) => context =>
{
    context.Response.ContentType = "application/json; charset=utf-8";
    context.Response.ContentLength = body.Length;
    context.Response.Headers.CacheControl = "no-store";
    var written = context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
};

static RequestDelegate PassOn(string upstream)
{
    var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
    return async context =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, upstream + context.Request.Path + context.Request.QueryString);
        request.Headers.TryAddWithoutValidation("Api-Token", (string?)context.Request.Headers["Api-Token"]);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    };
}

static RequestDelegate Open(string password) => async context =>
{
    // The first request only asks whether it serves.
    if (!context.Request.HasFormContentType) return;
    var form = await context.Request.ReadFormAsync(context.RequestAborted);
    using var file = new MemoryStream();
    foreach (var sent in form.Files) await sent.CopyToAsync(file, context.RequestAborted);
    using var certificate = X509CertificateLoader.LoadPkcs12(file.ToArray(), password);
};
