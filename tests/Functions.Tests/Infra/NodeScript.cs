using System.Diagnostics;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>Runs a script of <c>tests/infra</c>, over the project's folder.</summary>
internal static class NodeScript
{
    /// <summary>What the script prints, without the last line's end.</summary>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        var folder = await NodePackages.RestoreAsync("tests/infra");
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, script), .. arguments])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = await Task.WhenAll(node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, said[1]);
        return said[0].TrimEnd('\n');
    }
}
