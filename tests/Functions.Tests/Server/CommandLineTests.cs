using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>The arguments of the server's program: all that cannot be read stops the start, and no error shows a value.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--Storage:Path", "data")]
    [InlineData("--Storage__Path", "data")]
    [InlineData("--storage:path=data")]
    [InlineData("Storage__Path=data")]
    [InlineData("Storage:Path=other", "--Storage__Path", "data")]
    public void A_setting_can_be_written_in_several_ways(params string[] args) =>
        Assert.Equal("data", CommandLine.ReadSettings(args, KnownSettings.Contains)["Storage:Path"]);

    [Theory]
    [InlineData("", "--RotateSchedule=")]
    [InlineData("--a=b", "--RotateSchedule=--a=b")]
    [InlineData("0 0 * * * *", "--RotateSchedule", "0 0 * * * *")]
    public void A_value_is_taken_as_it_is(string value, params string[] args) =>
        Assert.Equal(value, CommandLine.ReadSettings(args, KnownSettings.Contains)["RotateSchedule"]);

    [Theory]
    [InlineData("Urls")]
    [InlineData("PurgeCallsSchedule")]
    [InlineData("Ops:Callers:0:Roles:1")]
    [InlineData("Logging:LogLevel:Default")]
    [InlineData("OTEL_SERVICE_NAME")]
    public void Every_kind_of_setting_is_known(string name) => Assert.True(KnownSettings.Contains(name));

    [Theory]
    [InlineData("'foo' is not a setting", "foo")]
    [InlineData("'' is not a setting", "--")]
    [InlineData("'' is not a setting", "=secret")]
    [InlineData("'Storge:Path' is not a setting", "--Storge:Path=secret")]
    [InlineData("'Url' is not a setting", "--Url", "secret")]
    [InlineData("'Storage' is not a setting", "Storage=secret")]
    [InlineData("'-v' is not a setting", "-v")]
    [InlineData("'--Urls' has no value", "--Urls")]
    [InlineData("'--Ops:LocalKey' has no value", "--Ops:LocalKey", "--Urls", "http://127.0.0.1:0")]
    [InlineData("after the value of 'Ops:LocalKey'", "--Ops:LocalKey", "my", "secret")]
    public void An_argument_that_cannot_be_read_is_refused_without_showing_a_value(string said, params string[] args)
    {
        var fault = Assert.ThrowsAny<InvalidOperationException>(() => CommandLine.ReadSettings(args, KnownSettings.Contains));
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Platform__Mode", "--Platfrom:Mode", "Hosted")]
    [InlineData("--Platform__Mode", "--platform.mode=Hosted")]
    [InlineData("--Storage__Path", "StoragePath=x")]
    [InlineData("--Urls", "--Url", "x")]
    [InlineData("--Ops__LocalKey", "--Ops_LocalKey", "x")]
    [InlineData("--Ops__Callers__3__Roles__M", "--Op:Callers:3:Roles", "x")]
    [InlineData("--RotateSchedule", "--RotateShedule", "x")]
    [InlineData("--version", "--verison")]
    [InlineData("--version", "-version")]
    [InlineData("--help", "--hlep")]
    [InlineData("--health", "--healt")]
    [InlineData("backup", "bakup", "folder")]
    [InlineData("restore", "Resotre", "folder")]
    [InlineData("backup", "--backup", "folder")]
    public void An_unknown_argument_is_refused_with_the_nearest_known_one(string nearest, params string[] args) => Assert.Contains(
        $"is not a setting. Did you mean {nearest}? ",
        Assert.ThrowsAny<InvalidOperationException>(() => CommandLine.ReadSettings(args, KnownSettings.Contains)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_that_resembles_nothing_is_refused_without_a_guess() => Assert.DoesNotContain(
        "Did you mean",
        Assert.ThrowsAny<InvalidOperationException>(() => CommandLine.ReadSettings(["--Colour", "red"], KnownSettings.Contains)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("--version")]
    [InlineData("--Version")]
    [InlineData("-v")]
    [InlineData("version")]
    [InlineData("backup", "--version")]
    public void The_version_is_asked_for_in_several_ways(params string[] args) => Assert.True(CommandLine.AsksForVersion(args));

    [Theory]
    [InlineData("--help")]
    [InlineData("--Urls", "http://127.0.0.1:0", "--help")]
    [InlineData("-?")]
    [InlineData("/?")]
    [InlineData("help")]
    [InlineData("backup", "-h")]
    public void Help_is_asked_for_in_several_ways(params string[] args) => Assert.True(CommandLine.AsksForHelp(args));

    [Theory]
    [InlineData("--Organization:User", "help")]
    [InlineData("--Organization:User", "version")]
    [InlineData("--Organization:Password", "-h")]
    [InlineData("--Ops:LocalKey", "-v")]
    [InlineData("--Ops:LocalKey=--help")]
    [InlineData("backup", "version")]
    public void A_value_does_not_ask_for_anything(params string[] args) =>
        Assert.False(CommandLine.AsksForHelp(args) || CommandLine.AsksForVersion(args));

    [Fact]
    public async Task The_version_is_the_build_s_and_nothing_starts()
    {
        using var process = GatehouseProcess.Run(["--version"], ("Storage__Path", folder.Path));
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(BuildVersion.Text, Assert.Single(process.Output));
        Assert.Empty(process.Errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Contains($"<Version>{BuildVersion.Text.Split('+')[0]}</Version>", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Equal(BuildVersion.Text, ApiDocument.Own.Root.GetProperty("info").GetProperty("version").GetString());
    }

    [Fact]
    public async Task An_unknown_argument_stops_the_program_with_one_line()
    {
        using var process = GatehouseProcess.Run(["--Storage__Path", folder.Path, "foo"]);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal(
            "error: Gatehouse cannot start: The argument after the value of 'Storage__Path' is not a setting. "
            + "A value with spaces needs quotes. Write settings as --Name value; --help lists them.",
            Assert.Single(process.Errors));
        Assert.Empty(process.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_lists_every_setting_and_starts_nothing(string argument)
    {
        using var process = GatehouseProcess.Run([argument], ("Storage__Path", folder.Path));
        Assert.Equal(0, await process.ExitAsync());
        var lines = process.Output.Select(line => line.Trim()).ToHashSet();
        Assert.All(KnownSettings.Names, name => Assert.Contains(name, lines));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
