using System.Text.Json;

namespace Gatehouse.Bench.Harness;

/// <summary>The programs of one commit. Each is published when it is first needed.</summary>
/// <param name="side">Which side the programs are.</param>
/// <param name="source">The root of the source.</param>
/// <param name="output">The folder to publish into.</param>
internal sealed class Build(Side side, string source, string output)
{
    // What decides how a program runs, and what it is where runtimeconfig.json does not say.
    private static readonly string[] RuntimePrefixes = ["System.GC.", "System.Runtime.Tiered"];
    private static readonly Dictionary<string, string> RuntimeDefaults = new()
    {
        ["System.GC.Server"] = "false",
        ["System.GC.Concurrent"] = "true",
        ["System.Runtime.TieredCompilation"] = "true",
        ["System.Runtime.TieredPGO"] = "true",
    };

    private readonly Dictionary<string, string> published = [];

    /// <summary>Which side the programs are.</summary>
    public Side Side => side;

    /// <summary>Publishes a project, if it was not yet, and returns the folder.</summary>
    public async Task<string> PublishAsync(string project, CancellationToken cancellation)
    {
        if (published.TryGetValue(project, out var done)) return done;
        Console.Error.WriteLine($"Publishing {project}{(side == Side.Other ? " of the other commit" : "")}...");
        var folder = Path.Combine(output, project.Replace('/', '-'));
        await Tool.RunAsync(
            "dotnet",
            ["publish", Path.Combine(source, project), "-c", "Release", "-o", folder, "-v", "quiet", "--nologo", "-p:RunAnalyzers=false"],
            cancellation);
        return published[project] = folder;
    }

    /// <summary>Checks that two published programs run in the same way.</summary>
    /// <param name="one">The path of a program, without an extension.</param>
    /// <param name="other">The path of another.</param>
    /// <exception cref="BenchException">Their settings of the garbage collector or of the compiler differ.</exception>
    public static void RequireSameRuntime(string one, string other)
    {
        var (settings, others) = (RuntimeSettings(one), RuntimeSettings(other));
        foreach (var name in settings.Keys.Union(others.Keys))
        {
            var (value, otherValue) = (settings.GetValueOrDefault(name, "not set"), others.GetValueOrDefault(name, "not set"));
            if (value != otherValue) throw new BenchException($"{name} is {value} in {one}, and {otherValue} in {other}: the comparison is not fair.");
        }
    }

    private static Dictionary<string, string> RuntimeSettings(string program)
    {
        var options = JsonElement.Parse(File.ReadAllText($"{program}.runtimeconfig.json")).GetProperty("runtimeOptions");
        var settings = new Dictionary<string, string>(RuntimeDefaults);
        if (!options.TryGetProperty("configProperties", out var properties)) return settings;
        foreach (var property in properties.EnumerateObject())
        {
            if (RuntimePrefixes.Any(prefix => property.Name.StartsWith(prefix, StringComparison.Ordinal)))
                settings[property.Name] = property.Value.GetRawText();
        }
        return settings;
    }
}
