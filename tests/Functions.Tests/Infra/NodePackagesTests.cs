using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The restore of npm packages for tests.</summary>
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
    public async Task Concurrent_restores_run_npm_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NodePackages.RestoreAsync(folder.Path)));
        var brought = File.GetLastWriteTimeUtc(Stamp);

        await NodePackages.RestoreAsync(folder.Path);

        Assert.True(File.Exists(folder["node_modules/one/package.json"]));
        Assert.Equal(brought, File.GetLastWriteTimeUtc(Stamp));
    }

    [Fact]
    public async Task A_changed_lock_file_or_an_interrupted_restore_restores_again()
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
    public async Task The_exception_contains_npm_s_error()
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
