using Gatehouse.Functions.Startup;
using Gatehouse.Server;

if (args is [HealthProbe.Argument]) return await HealthProbe.RunAsync();

return await Start.RunAsync(() =>
{
    var builder = new ServerBuilder(args, typeof(Start).Assembly);
    builder.AddGatehouse();
    return builder.Build();
});
