using Gatehouse.Functions.Startup;
using Gatehouse.Server;

if (args is [HealthProbe.Argument]) return await HealthProbe.RunAsync();

return await GatehouseHost.RunAsync(() =>
{
    var builder = new ServerBuilder(args, typeof(GatehouseHost).Assembly);
    builder.AddGatehouse();
    return builder.Build();
});
