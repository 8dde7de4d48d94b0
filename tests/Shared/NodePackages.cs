using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Gatehouse.Tests;

/// <summary>
/// The npm packages of a folder of tests. Tests install what its package-lock.json names, once, even if several test
/// processes start at the same time.
/// </summary>
public static class NodePackages
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    /// <summary>Makes sure that a folder's <c>node_modules</c> holds what its package-lock.json names.</summary>
    /// <param name="folder">The folder of package.json, as a path from the solution's, such as <c>tests/azurite</c>.</param>
    /// <returns>The full path of the folder.</returns>
    /// <exception cref="InvalidOperationException">npm is missing, or fails; the message has its output.</exception>
    public static async Task<string> RestoreAsync(string folder)
    {
        var path = Repository.PathOf(folder);
        var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(path, "package-lock.json"))));
        // Written at the end. If a process is killed before, the next one starts again.
        var restored = Path.Combine(path, "node_modules", ".restored");
        if (await IsAsync(restored, wanted)) return path;

        using var timeout = new CancellationTokenSource(Timeout);
        await using var turn = await TakeTurnAsync(Path.Combine(path, "obj"), timeout.Token);
        if (await IsAsync(restored, wanted)) return path;
        await InstallAsync(path, timeout.Token);
        await File.WriteAllTextAsync(restored, wanted, CancellationToken.None);
        return path;
    }

    private static async Task<bool> IsAsync(string file, string text)
    {
        try
        {
            return await File.ReadAllTextAsync(file) == text;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The lock is a file lock of the operating system, released when its process ends. It is outside node_modules, which npm
    // deletes.
    private static async Task<FileStream> TakeTurnAsync(string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(folder, "npm.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
            }
        }
    }

    private static async Task InstallAsync(string folder, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund", "--loglevel", "error"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var npm = Start(start);
        try
        {
            var said = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(cancellation), npm.StandardError.ReadToEndAsync(cancellation));
            await npm.WaitForExitAsync(cancellation);
            if (npm.ExitCode != 0) throw new InvalidOperationException($"npm ci in {folder} failed: {string.Concat(said)}");
        }
        catch (OperationCanceledException)
        {
            npm.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"npm ci in {folder} takes longer than {Timeout.TotalMinutes} minutes.");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new InvalidOperationException($"The tests need Node 20 with npm on PATH: {fault.Message}", fault);
        }
    }
}
