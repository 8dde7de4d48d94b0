using System.Diagnostics;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>Runs a script from a folder under <c>tests</c>, with the npm packages of that folder, on the project's files.</summary>
internal static class NodeScript
{
    /// <summary>The output of the script, without the last line break.</summary>
    public static async Task<string> RunAsync(string folder, string script, params string[] arguments)
    {
        var path = await NodePackages.RestoreAsync(folder);
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(path, script), .. arguments])
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
