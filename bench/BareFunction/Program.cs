// The bare function app that the product is compared with under the double of the Functions host: one function, which answers the
// bytes of the file that the setting Body names.

using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.None);
builder.Build().Run();
