using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace Gatehouse.Tests.Azurite;

/// <summary>
/// The emulator in <c>tests/azurite</c>, brought there by npm when it is first needed: by one test process, while others
/// wait for it.
/// </summary>
internal static class AzuriteInstallation
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task> Once = new(InstallAsync);

    /// <summary>The folder of <c>package.json</c>.</summary>
    public static string Folder { get; } = typeof(AzuriteInstallation).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "AzuriteFolder").Value!;

    /// <summary>Completes when the emulator is there.</summary>
    public static Task ReadyAsync() => Once.Value;

    private static async Task InstallAsync()
    {
        // npm empties the folder when it starts, so it is whole only where its end was noted.
        var note = Path.Combine(Folder, "node_modules", ".installed");
        var wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"))));
        using (await LockAsync())
        {
            if (File.Exists(note) && await File.ReadAllTextAsync(note) == wanted) return;
            await RunNpmAsync();
            await File.WriteAllTextAsync(note, wanted);
        }
    }

    private static async Task<FileStream> LockAsync()
    {
        var name = Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Folder)))[..16];
        var path = Path.Combine(Path.GetTempPath(), $"gatehouse-azurite-{name}.lock");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < Patience)
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task RunNpmAsync()
    {
        using var npm = Process.Start(new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("npm does not start.");
        var errors = npm.StandardError.ReadToEndAsync();
        var output = npm.StandardOutput.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        await npm.WaitForExitAsync(patience.Token);
        if (npm.ExitCode != 0) throw new InvalidOperationException($"npm ci in {Folder} failed: {await errors}{await output}");
    }
}
