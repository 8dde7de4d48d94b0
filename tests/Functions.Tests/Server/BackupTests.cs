using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>The commands <c>backup</c> and <c>restore</c>, as processes.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_of_a_running_server_and_of_a_killed_one_is_complete_and_can_be_restored()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            await api.CreateApplicationAsync("Harbour");
            Assert.Equal((0, ""), await RunAsync("backup", folder["running"]));
            await api.CreateApplicationAsync("Pier");
            await process.KillAsync();
        }
        Assert.Equal((0, ""), await RunAsync("backup", folder["killed"]));

        foreach (var (backup, names) in new Dictionary<string, string[]> { ["running"] = ["Harbour"], ["killed"] = ["Harbour", "Pier"] })
        {
            Assert.Equal(
                ["gatehouse.db", "vault.db", "vault.key"], Directory.GetFiles(folder[backup]).Select(file => Path.GetFileName(file)).Order());
            Assert.Equal((0, ""), await RunAsync("restore", folder[backup], ("Storage__Path", folder[$"{backup}-restored"])));
            Assert.Equal(names, await NamesAsync(folder[$"{backup}-restored"]));
            if (OperatingSystem.IsWindows()) continue;
            foreach (var file in Directory.GetFiles(folder[backup]))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task What_cannot_be_backed_up_or_restored_is_one_line_and_leaves_nothing()
    {
        Directory.CreateDirectory(folder["directory/gatehouse.db"]);
        var unreadable = await RunAsync("backup", folder["backup"], ("Storage__Path", folder["directory"]));
        Assert.Contains("gatehouse.db cannot be read: ", unreadable.Error, StringComparison.Ordinal);
        Directory.Delete(folder["directory"], recursive: true);

        var missing = await RunAsync("backup", folder["backup"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("There is no", missing.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["data"]));

        Assert.Equal([], await NamesAsync(folder["data"]));
        Assert.Equal((0, ""), await RunAsync("backup", folder["backup"]));
        Assert.Contains("exists", (await RunAsync("backup", folder["backup"])).Error, StringComparison.Ordinal);
        Assert.Contains("exists. Stop the server", (await RunAsync("restore", folder["backup"])).Error, StringComparison.Ordinal);

        foreach (var file in (string[])["gatehouse.db", "vault.db", "vault.key"])
        {
            var whole = await File.ReadAllBytesAsync(folder[$"backup/{file}"]);
            await File.WriteAllBytesAsync(folder[$"backup/{file}"], whole[..(whole.Length / 2)]);
            var damaged = await RunAsync("restore", folder["backup"], ("Storage__Path", folder["restored"]));
            Assert.Equal(1, damaged.ExitCode);
            Assert.Single(damaged.Error.TrimEnd().Split('\n'));
            Assert.False(Directory.Exists(folder["restored"]));
            File.Delete(folder[$"backup/{file}"]);
            Assert.Contains($"has no {file}", (await RunAsync("restore", folder["backup"], ("Storage__Path", folder["restored"]))).Error, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(folder[$"backup/{file}"], whole);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder[$"backup/{file}"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        Assert.Equal(["backup", "data"], Directory.GetFileSystemEntries(folder.Path).Select(entry => Path.GetFileName(entry)).Order());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named_as_it_was_given()
    {
        Assert.Equal([], await NamesAsync(folder["data"]));
        await File.WriteAllTextAsync(folder["file"], "");
        var refused = await RunAsync("backup", folder["file/backup"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith($"error: {folder["file/backup"]} cannot be written: ", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unfinished", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("backup", "")]
    [InlineData("restore", "--Storage:Path", "data")]
    public async Task Without_a_folder_a_command_says_how_it_is_written(params string[] args)
    {
        using var process = GatehouseProcess.Run(args, [("Storage__Path", folder["data"])]);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains($"{args[0]} FOLDER [settings]", Assert.Single(process.Errors), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private async Task<(int ExitCode, string Error)> RunAsync(string command, string backup, params (string Name, string Value)[] settings)
    {
        using var process = GatehouseProcess.Run([command, backup], [("Storage__Path", folder["data"]), .. settings]);
        return (await process.ExitAsync(), string.Join('\n', process.Errors));
    }

    private static async Task<IEnumerable<string>> NamesAsync(string data)
    {
        var (process, api) = await GatehouseProcess.ServeAsync(data);
        using (process)
        using (api)
        {
            var listed = (await api.GetAsync("/v3/applications", api.Organization)).Ok().GetProperty("applications");
            process.Signal("TERM");
            await process.ExitAsync();
            return [.. listed.EnumerateArray().Select(one => one.GetProperty("name").GetString()!).Order()];
        }
    }
}
