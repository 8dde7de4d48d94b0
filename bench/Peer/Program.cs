// The bare server that the product is measured against: Kestrel, one route, the product's bytes and headers.
// Arguments: the address to listen on, and the file with the body to answer.

var body = File.ReadAllBytes(args[1]);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var app = builder.Build();

// A RequestDelegate: nothing is bound, nothing compiled at start. No minimal API answers sooner.
app.MapGet("/v3/applications/info", (HttpContext context) =>
{
    context.Response.ContentType = "application/json; charset=utf-8";
    context.Response.ContentLength = body.Length;
    return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
});
app.Run();
