using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The Bicep files compile, pass the linter at its recommended rules, and are formatted.</summary>
public sealed class BicepTests : IDisposable
{
    private static readonly string Root = Repository.PathOf("infra/bicep");

    private readonly BicepCompiler compiler = new();

    public static TheoryData<string> Files => [.. Directory.GetFiles(Root, "*.bicep*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".bicep" or ".bicepparam")
        .Select(file => Path.GetRelativePath(Root, file))];

    [Theory]
    [InlineData("build main.bicep --stdout")]
    [InlineData("lint main.bicep")]
    [InlineData("build-params dev.bicepparam --stdout")]
    [InlineData("build-params prod.bicepparam --stdout")]
    public async Task The_compiler_has_nothing_to_say(string command)
    {
        var (exit, _, said) = await compiler.RunAsync(command.Split(' '));
        Assert.Equal((0, ""), (exit, said));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Files_are_formatted(string file)
    {
        var (_, formatted, said) = await compiler.RunAsync("format", file, "--stdout");
        Assert.Equal("", said);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Root, file)), formatted);
    }

    [Fact]
    public async Task A_warning_is_a_failure()
    {
        // An API version of long ago. The rule is off by default.
        await using (var file = new StreamWriter(Path.Combine(compiler.Folder, "old.bicep")))
            await file.WriteAsync("resource old 'Microsoft.Storage/storageAccounts@2021-01-01' existing = {\n  name: 'old'\n}\n\noutput id string = old.id\n");
        var (exit, _, said) = await compiler.RunAsync("lint", "old.bicep");
        Assert.NotEqual(0, exit);
        Assert.Contains("use-recent-api-versions", said, StringComparison.Ordinal);
    }

    public void Dispose() => compiler.Dispose();
}
