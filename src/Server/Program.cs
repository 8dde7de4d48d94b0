using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Server;

if (CommandLine.AsksForHelp(args))
{
    Console.WriteLine(CommandLine.Help(KnownSettings.Names));
    return 0;
}
if (CommandLine.AsksForVersion(args))
{
    Console.WriteLine(BuildVersion.Text);
    return 0;
}

if (HealthProbe.IsAsked(args)) return await HealthProbe.RunAsync(args);
if (CommandLine.IsCommand(args)) return await GatehouseHost.RunAsync(() => CommandLine.CommandOf(args).RunAsync());

return await GatehouseHost.RunAsync(() =>
{
    var settings = CommandLine.ReadSettings(args, KnownSettings.Contains);
    var builder = new ServerBuilder(settings, typeof(GatehouseHost).Assembly);
    builder.AddGatehouse();
    builder.AddServerServices();
    return builder.Build();
});
