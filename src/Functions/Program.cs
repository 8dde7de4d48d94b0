using Gatehouse.Functions.Startup;
using Microsoft.Azure.Functions.Worker.Builder;

return await GatehouseHost.RunAsync(() =>
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.AddGatehouse();
    return builder.Build();
});
