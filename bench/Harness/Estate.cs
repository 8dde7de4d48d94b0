namespace Gatehouse.Bench.Harness;

/// <summary>A data folder of a figure, and what its requests need.</summary>
/// <param name="DataFolder">The data folder, written by the code of the build that serves it.</param>
/// <param name="Credentials">A file with the credentials of the requests.</param>
/// <param name="Masters">A file with the master tokens; empty if the requests are the facade's.</param>
/// <param name="Application">An application in custody. Null in an estate without custody.</param>
internal sealed record Estate(string DataFolder, string Credentials, string Masters = "", string? Application = null)
{
    private const int AtOnce = 32;

    /// <summary>The first of the credentials.</summary>
    public string FirstCredential => File.ReadLines(Credentials).First();

    /// <summary>
    /// Applications of the embedded platform, each with secondary tokens. The credentials are one token of each, in random order.
    /// </summary>
    public static async Task<Estate> OfPlatformAsync(Rig rig, Build build, int applications, int tokens, CancellationToken cancellation)
    {
        var estate = new Estate(rig.NewFolder("data"), rig.NewPath("tokens"), rig.NewPath("masters"));
        await Rig.RunInProcessAsync(
            build, ["applications", estate.DataFolder, $"{applications}", $"{tokens}", estate.Credentials, estate.Masters], cancellation);
        return estate;
    }

    /// <summary>
    /// Applications in custody, each with an issued token and so with two rows in the audit trail. The credential is the facade's key.
    /// </summary>
    public static async Task<Estate> OfFacadeAsync(Rig rig, Build build, int applications, CancellationToken cancellation)
    {
        var dataFolder = rig.NewFolder("data");
        await using var servers = new Servers(rig);
        var server = await servers.StartGatehouseAsync(build, Servers.Settings(dataFolder), cancellation);
        using var client = new Client(server.Address);
        var ids = new string[applications];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, applications, options, async (index, cancel) =>
        {
            var created = await client.FacadeAsync(HttpMethod.Post, "/ops/v1/applications", $$"""{"name":"Application {{index:D6}}"}""", cancel);
            ids[index] = Client.Member(created, "app_id");
            await client.FacadeAsync(
                HttpMethod.Post, $"/ops/v1/applications/{ids[index]}/tokens", """{"label":"worker","deliver":"response"}""", cancel);
        });
        return new Estate(dataFolder, await rig.NewFileAsync("key", [Rig.OpsKey], cancellation), Application: ids[0]);
    }
}
