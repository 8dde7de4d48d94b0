using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The Bicep compiler, from its package, on a copy of <c>infra/bicep</c>.</summary>
internal sealed class BicepCompiler : IDisposable
{
    private static readonly string Program = typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(one => one.Key == "BicepCompiler").Value!;

    private readonly TemporaryFolder folder = new();

    public BicepCompiler()
    {
        CopyFolder(Repository.PathOf("infra/bicep"), Folder);
        // Beside the Bicep files, as they are in the project: the modules load some.
        var workbooks = Repository.PathOf("infra/workbooks");
        if (Directory.Exists(workbooks)) CopyFolder(workbooks, Path.Combine(folder.Path, "workbooks"));
    }

    /// <summary>The folder of the copy.</summary>
    public string Folder => Path.Combine(folder.Path, "bicep");

    /// <summary>Runs it. What it says on standard error, warnings included, is part of the result.</summary>
    public async Task<(int ExitCode, string Output, string Said)> RunAsync(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["GATEHOUSE_ENTRA_CLIENT_ID"] = "00000000-0000-0000-0000-000000000001",
                ["GATEHOUSE_OPERATOR_EMAIL"] = "operators@example.com",
                ["GATEHOUSE_ALERTS_WEBHOOK_URL"] = "https://example.com/alerts",
            },
        };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, said[0], said[1]);
    }

    /// <summary>The ARM template.</summary>
    public async Task<JsonElement> TemplateAsync()
    {
        var (exit, template, said) = await RunAsync("build", "main.bicep", "--stdout");
        Assert.True(exit == 0 && said.Length == 0, said);
        return JsonElement.Parse(template);
    }

    /// <summary>The resources that a deployment with these parameters would create, as far as they are known before it.</summary>
    /// <param name="name">The name of a parameter file, without its extension.</param>
    /// <param name="text">The file's text, for a file of the test's own.</param>
    public async Task<IReadOnlyList<JsonElement>> ResourcesAsync(string name, string? text = null)
    {
        var file = Path.Combine(Folder, $"{name}.bicepparam");
        if (text is not null) await File.WriteAllTextAsync(file, text);
        var (exit, _, said) = await RunAsync(
            "snapshot", file, "--mode", "overwrite", "--resource-group", "rg", "--location", "westeurope",
            "--subscription-id", "11111111-1111-1111-1111-111111111111", "--tenant-id", "22222222-2222-2222-2222-222222222222");
        Assert.True(exit == 0 && said.Length == 0, said);
        var snapshot = JsonElement.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(file, ".snapshot.json")));
        return [.. snapshot.GetProperty("predictedResources").EnumerateArray()];
    }

    public void Dispose() => folder.Dispose();

    private static void CopyFolder(string source, string target)
    {
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
