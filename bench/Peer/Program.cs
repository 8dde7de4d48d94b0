// The bare servers that the product is compared with: Kestrel, only the routes that are requested, and the product's headers.
// Arguments: the address to listen on, and either the file with the body to answer, or "pass" and the address of the server to
// pass requests on to.

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var app = builder.Build();
if (args is [_, "pass", var upstream]) PassOn();
else Answer(File.ReadAllBytes(args[1]));
app.Run();

// RequestDelegates: no parameter binding and no code generation at start, so this is the fastest form of a minimal API.
void Answer(byte[] body)
{
    foreach (var path in (string[])["/v3/applications/info", "/v3/applications/api_tokens"])
    {
        app.MapGet(path, (HttpContext context) =>
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
        });
    }
}

void PassOn()
{
    var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
    app.MapGet("{**path}", async (HttpContext context) =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, upstream + context.Request.Path + context.Request.QueryString);
        request.Headers.TryAddWithoutValidation("Api-Token", (string?)context.Request.Headers["Api-Token"]);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = response.Content.Headers.ContentLength;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    });
}
