namespace Gatehouse.Bench.Harness;

/// <summary>Puts secrets into a local vault, as an operator would.</summary>
internal static class Vault
{
    public static async Task SetAsync(Build build, string dataFolder, string name, string value, CancellationToken cancellation) =>
        await Tool.RunAsync(
            await Rig.PublishServerAsync(build, cancellation), ["vault", "set", name], cancellation,
            settings: [("Storage__Path", dataFolder)], input: value);
}
