using Gatehouse.Functions.Startup;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>The files in the data folder that are not data.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_that_a_killed_process_left_is_deleted_at_the_next_start()
    {
        DataFolder.Create(folder.Path);
        var (old, recent) = (folder[".probe-1"], folder[".probe-2"]);
        File.WriteAllText(old, "");
        File.WriteAllText(recent, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-1));
        DataFolder.Create(folder.Path);
        Assert.Equal([recent], Directory.GetFiles(folder.Path));
    }
}
