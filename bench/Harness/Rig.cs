namespace Gatehouse.Bench.Harness;

/// <summary>The programs of both sides, and of the other commit, in a temporary folder with all data of the figures.</summary>
internal sealed class Rig : IDisposable
{
    public const string ViewPath = "/v3/applications/info";

    /// <summary>The key of the facade's local caller.</summary>
    public const string OpsKey = "the key of the benchmark";

    /// <summary>The header of the key.</summary>
    public const string OpsHeader = "X-Gatehouse-Key";

    /// <summary>The organization's user and password.</summary>
    public const string User = "bench";
    public const string Password = "bench-password";

    private const string InProcessProject = "bench/InProcess";

    private readonly string folder;
    private readonly Build product;
    private Build? other;

    private Rig(string folder, Options options)
    {
        this.folder = folder;
        Options = options;
        product = new Build(Side.Product, Root, Path.Combine(folder, "product"));
    }

    /// <summary>The project's root.</summary>
    public static string Root { get; } = FindRoot();

    public Options Options { get; }

    /// <summary>The builds of Gatehouse that are measured: the product, and the other commit, if there is one.</summary>
    public IReadOnlyList<Build> Gatehouses => other is null ? [product] : [product, other];

    /// <summary>Makes the temporary folder, with the source of the other commit.</summary>
    public static async Task<Rig> CreateAsync(Options options, CancellationToken cancellation)
    {
        var rig = new Rig(Directory.CreateTempSubdirectory("gatehouse-bench-").FullName, options);
        try
        {
            if (options.Against is { } commit) rig.other = await rig.ExportAsync(commit, cancellation);
            return rig;
        }
        catch
        {
            rig.Dispose();
            throw;
        }
    }

    /// <summary>The path of a new folder or file in the temporary folder. It does not exist yet.</summary>
    public string NewPath(string name) => Path.Combine(folder, $"{name}-{Guid.NewGuid():N}");

    /// <summary>A new empty folder.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(NewPath(name)).FullName;

    /// <summary>A new file with these lines.</summary>
    public async Task<string> NewFileAsync(string name, IEnumerable<string> lines, CancellationToken cancellation)
    {
        var file = NewPath(name);
        await File.WriteAllLinesAsync(file, lines, cancellation);
        return file;
    }

    /// <summary>A copy of a data folder. The vault's key file stays its owner's alone.</summary>
    public async Task<string> CopyAsync(string dataFolder, CancellationToken cancellation)
    {
        var copy = NewPath("data");
        await Tool.RunAsync("cp", ["-a", dataFolder, copy], cancellation);
        return copy;
    }

    /// <summary>The program of the peer.</summary>
    public async Task<string> PublishPeerAsync(CancellationToken cancellation)
    {
        var peer = Path.Combine(await product.PublishAsync("bench/Peer", cancellation), "Gatehouse.Bench.Peer");
        Build.RequireSameRuntime(await PublishServerAsync(product, cancellation), peer);
        return peer;
    }

    /// <summary>The server of a build.</summary>
    public static async Task<string> PublishServerAsync(Build build, CancellationToken cancellation) =>
        Path.Combine(await build.PublishAsync("src/Server", cancellation), "Gatehouse.Server");

    /// <summary>The folders of the Functions app of a build, and of the bare one.</summary>
    public static async Task<string> PublishFunctionsAsync(Build build, CancellationToken cancellation) =>
        await build.PublishAsync("src/Functions", cancellation);

    /// <summary>The folder of the bare function app.</summary>
    public async Task<string> PublishBareFunctionAsync(CancellationToken cancellation)
    {
        var bare = await product.PublishAsync("bench/BareFunction", cancellation);
        Build.RequireSameRuntime(
            Path.Combine(await PublishFunctionsAsync(product, cancellation), "Gatehouse.Functions"),
            Path.Combine(bare, "Gatehouse.Bench.BareFunction"));
        return bare;
    }

    /// <summary>The probe that runs in the servers.</summary>
    public async Task<string> PublishProbeAsync(CancellationToken cancellation) =>
        Path.Combine(await product.PublishAsync("bench/Probe", cancellation), "Gatehouse.Bench.Probe.dll");

    /// <summary>Runs a command of <c>InProcess/</c> with the code of a build, and returns its output.</summary>
    public static async Task<string> RunInProcessAsync(Build build, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var program = Path.Combine(await build.PublishAsync(InProcessProject, cancellation), "Gatehouse.Bench.InProcess");
        return await Tool.RunAsync(program, arguments, cancellation);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task<Build> ExportAsync(string commit, CancellationToken cancellation)
    {
        var (archive, source) = (NewPath("archive"), NewFolder("source"));
        await Tool.RunAsync("git", ["-C", Root, "archive", "--format=tar", "-o", archive, commit], cancellation);
        await Tool.RunAsync("tar", ["-xf", archive, "-C", source], cancellation);
        // Its own code, but this benchmark.
        var inProcess = Path.Combine(source, InProcessProject);
        if (Directory.Exists(inProcess)) Directory.Delete(inProcess, recursive: true);
        Directory.CreateDirectory(inProcess);
        foreach (var file in Directory.GetFiles(Path.Combine(Root, InProcessProject))) File.Copy(file, Path.Combine(inProcess, Path.GetFileName(file)));
        return new Build(Side.Other, source, Path.Combine(folder, "other"));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Functions.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new BenchException("This must be run from within the project: there is no Functions.sln above.");
    }
}
