using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>How tests come by npm's packages.</summary>
public sealed class NodePackagesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public NodePackagesTests()
    {
        Directory.CreateDirectory(folder["one"]);
        File.WriteAllText(folder["one/package.json"], """{"name":"one","version":"1.0.0"}""");
        Describe("1.0.0");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Many_that_begin_at_once_find_all_there_and_only_one_brings_it()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NodePackages.RestoreAsync(folder.Path)));
        var brought = File.GetLastWriteTimeUtc(Stamp);

        await NodePackages.RestoreAsync(folder.Path);

        Assert.True(File.Exists(folder["node_modules/one/package.json"]));
        Assert.Equal(brought, File.GetLastWriteTimeUtc(Stamp));
    }

    [Fact]
    public async Task Another_lock_file_and_a_restore_that_was_cut_off_bring_everything_anew()
    {
        await NodePackages.RestoreAsync(folder.Path);
        var first = await File.ReadAllTextAsync(Stamp);
        File.Delete(folder["node_modules/one"]);
        Describe("1.0.1");
        await NodePackages.RestoreAsync(folder.Path);
        Assert.NotEqual(first, await File.ReadAllTextAsync(Stamp));
        Assert.True(File.Exists(folder["node_modules/one/package.json"]));

        File.Delete(Stamp);
        File.Delete(folder["node_modules/one"]);
        await NodePackages.RestoreAsync(folder.Path);
        Assert.True(File.Exists(folder["node_modules/one/package.json"]));
    }

    [Fact]
    public async Task What_npm_says_when_it_fails_is_said()
    {
        await File.WriteAllTextAsync(folder["package.json"], """{"name":"x","dependencies":{"one":"file:one","two":"file:two"}}""");
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => NodePackages.RestoreAsync(folder.Path));
        Assert.Contains("two", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Stamp));
    }

    private string Stamp => folder["node_modules/.restored"];

    private void Describe(string version)
    {
        File.WriteAllText(folder["package.json"], $$$"""{"name":"x","version":"{{{version}}}","dependencies":{"one":"file:one"}}""");
        File.WriteAllText(folder["package-lock.json"], $$$"""
            {"name":"x","version":"{{{version}}}","lockfileVersion":3,"requires":true,"packages":{
              "":{"name":"x","version":"{{{version}}}","dependencies":{"one":"file:one"}},
              "node_modules/one":{"resolved":"one","link":true},
              "one":{"version":"1.0.0"} } }
            """);
    }
}
