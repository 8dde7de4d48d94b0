using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>Checks the container image without building it.</summary>
public sealed partial class ImageTests
{
    private static readonly string File = Repository.Read("Dockerfile");

    [Fact]
    public void Its_files_settings_and_health_check_exist()
    {
        Assert.StartsWith("10.0-noble-chiseled", LastImage().Matches(File)[^1].Groups[1].Value, StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", File, StringComparison.Ordinal);
        var environment = Variable().Matches(Environment().Match(File).Value).ToDictionary(one => one.Groups[1].Value, one => one.Groups[2].Value);
        Assert.All(environment.Keys, name => Assert.Contains(name, GatehouseSettings.Names.Append("Urls")));
        Assert.Contains($"\nVOLUME {environment["Storage__Path"]}\n", File, StringComparison.Ordinal);
        Assert.Contains($"\nEXPOSE {new Uri(environment["Urls"]).Port}\n", File, StringComparison.Ordinal);
        var probe = JsonElement.Parse(Probe().Match(File).Groups[1].Value).EnumerateArray().Select(part => part.GetString()).ToList();
        Assert.Equal(["dotnet", typeof(HealthProbe).Assembly.GetName().Name + ".dll", HealthProbe.Argument], probe);
    }

    [Fact]
    public void Its_comment_has_the_operations_guide_s_commands()
    {
        var commands = DocumentCommand().Matches(Repository.Read("docs/operations.md")).Select(match => match.Value).ToList();
        Assert.Equal(2, commands.Count);
        Assert.All(commands, command => Assert.Contains($"\n#   {command}\n", File, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    public async Task Its_health_check_succeeds_only_while_the_app_answers(string urls)
    {
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"], ("Urls", urls));
        using (process)
        using (api)
        {
            var asked = ("Urls", urls.Replace(":0", $":{api.Address.Port}", StringComparison.Ordinal));
            using (var probe = GatehouseProcess.Run([HealthProbe.Argument], asked)) Assert.Equal(0, await probe.ExitAsync());
            await process.KillAsync();
            using var again = GatehouseProcess.Run([HealthProbe.Argument], asked);
            Assert.Equal(1, await again.ExitAsync());
            Assert.Contains("does not answer", Assert.Single(again.Errors), StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"^FROM mcr\.microsoft\.com/dotnet/\w+:(\S+)", RegexOptions.Multiline)]
    private static partial Regex LastImage();

    [GeneratedRegex("^docker .*$", RegexOptions.Multiline)]
    private static partial Regex DocumentCommand();

    [GeneratedRegex("^ENV .*$", RegexOptions.Multiline)]
    private static partial Regex Environment();

    [GeneratedRegex(@"(\w+)=(\S+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^HEALTHCHECK .*CMD (\[.*\])$", RegexOptions.Multiline)]
    private static partial Regex Probe();
}
