using System.Diagnostics;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>The commands <c>vault set</c>, <c>vault get</c> and <c>vault list</c>, as processes.</summary>
public sealed class VaultCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("value\n", "value")]
    [InlineData("value\r\n", "value")]
    [InlineData("value", "value")]
    [InlineData("value\r", "value\r")]
    [InlineData("\uFEFFvalue\r\n", "value")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    [InlineData("\uFEFFvalüe ", "valüe ")]
    public async Task A_value_from_standard_input_is_stored_without_its_line_end_and_never_printed(string input, string value)
    {
        var set = await RunAsync(input, "vault", "set", "platform-organization-token");
        Assert.Equal((0, ""), (set.ExitCode, set.Error));
        Assert.StartsWith("Wrote version 1 of platform-organization-token into ", set.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("val", set.Output.Replace("vault", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(new Ran(0, value + "\n", ""), await RunAsync("", "vault", "get", "Platform-Organization-Token"));
        Assert.Equal(new Ran(0, "platform-organization-token\n", ""), await RunAsync("", "vault", "list"));
    }

    [Fact]
    public async Task A_secret_that_is_set_before_the_first_start_is_in_the_vault_of_the_server_and_of_a_running_one()
    {
        Assert.Equal(0, (await RunAsync("first\n", "vault", "set", "platform-organization-token")).ExitCode);
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            Assert.Equal("first\n", (await RunAsync("", "vault", "get", "platform-organization-token")).Output);
            Assert.StartsWith("Wrote version 2", (await RunAsync("second", "vault", "set", "platform-organization-token")).Output, StringComparison.Ordinal);
            await api.CreateApplicationAsync("Harbour");
            Assert.Contains("platform-organization-token\n", (await RunAsync("", "vault", "list")).Output, StringComparison.Ordinal);
            await process.KillAsync();
        }
        Assert.Equal("second\n", (await RunAsync("", "vault", "get", "platform-organization-token")).Output);
    }

    [Fact]
    public async Task What_cannot_be_done_is_one_line_that_says_why_and_leaves_nothing()
    {
        foreach (var (input, args, message) in ((string, string[], string)[])
        [
            ("", ["vault"], "'vault' needs a command: vault set NAME, vault get NAME or vault list."),
            ("", ["vault", "gett", "x"], "There is no vault command 'gett'. Did you mean get?"),
            ("", ["vault", "get"], "'vault get' needs NAME: vault get NAME [settings]."),
            ("x", ["vault", "set", "--Storage:Path", "x"], "'vault set' needs NAME: vault set NAME [settings]."),
            ("x", ["vault", "set", "a b"], "A secret's name is 1 to 127 letters, digits and hyphens; 'a b' is not."),
            ("x", ["vault", "set", "store-sign"], "store-sign is a key of Gatehouse itself. With another value, the data could not be read any more."),
            ("", ["vault", "set", "x"], "The value on standard input must have 1 to 25000 bytes."),
            ("\r\n", ["vault", "set", "x"], "The value on standard input must have 1 to 25000 bytes."),
            ("\uFEFF\n", ["vault", "set", "x"], "The value on standard input must have 1 to 25000 bytes."),
            ("\uFEFF" + new string('a', 25_001), ["vault", "set", "x"], "The value on standard input must have 1 to 25000 bytes."),
            (new string('a', 25_001), ["vault", "set", "x"], "The value on standard input must have 1 to 25000 bytes."),
            ("", ["vault", "get", "x"], $"There is no vault in {folder["data"]}. Storage__Path must be the data folder."),
            ("", ["vault", "list"], $"There is no vault in {folder["data"]}. Storage__Path must be the data folder."),
            ("", ["vault", "list", "--KeyVault:Uri", "https://mine.vault.azure.net"],
                "The secrets are in https://mine.vault.azure.net/, not in a local vault. Use az keyvault secret list --query \"[].name\" --output tsv --vault-name mine."),
        ])
        {
            Assert.Equal(new Ran(1, "", $"error: {message}\n"), await RunAsync(input, args));
        }
        Assert.False(Directory.Exists(folder["data"]));
    }

    [Fact]
    public async Task A_store_without_its_vault_gets_no_new_one_and_a_vault_without_its_key_is_not_opened()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api) await process.KillAsync();
        File.Move(folder["data/vault.key"], folder["key"]);
        Assert.Contains("vault.key is missing", (await RunAsync("", "vault", "list")).Error, StringComparison.Ordinal);
        File.Move(folder["data/vault.db"], folder["vault"]);
        Assert.Contains("The vault is missing", (await RunAsync("x", "vault", "set", "x")).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["data/vault.db"]));
    }

    [Fact]
    public async Task A_hosted_start_finds_the_organization_s_token_that_was_set_before_it()
    {
        Assert.Equal(0, (await RunAsync("token\n", "vault", "set", "platform-organization-token", "--Platform:Mode", "Hosted")).ExitCode);
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]), ("Platform__Mode", "Hosted"));
        await process.AddressAsync();
        Assert.Equal("token\n", (await RunAsync("", "vault", "get", "platform-organization-token")).Output);
    }

    [Fact]
    public void One_credential_is_made_for_the_whole_process()
    {
        var source = Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        var made = Assert.Single(source, file => File.ReadAllText(file).Contains("new DefaultAzureCredential", StringComparison.Ordinal));
        Assert.Equal("AzureIdentity.cs", Path.GetFileName(made));
        Assert.Same(Functions.Startup.AzureIdentity.Credential, Functions.Startup.AzureIdentity.Credential);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_named_with_the_nearest_one()
    {
        Assert.Equal(0, (await RunAsync(new string('a', 25_000) + "\n", "vault", "set", "platform-organization-token")).ExitCode);
        Assert.Equal(
            new Ran(1, "", "error: The vault has no secret platform-organisation-token. Did you mean platform-organization-token?\n"),
            await RunAsync("", "vault", "get", "platform-organisation-token"));
        Assert.Equal(new Ran(1, "", "error: The vault has no secret x.\n"), await RunAsync("", "vault", "get", "x"));
    }

    private async Task<Ran> RunAsync(string input, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            Environment = { ["Storage__Path"] = folder["data"] },
        };
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Ran(process.ExitCode, said[0], said[1]);
    }

    private sealed record Ran(int ExitCode, string Output, string Error);
}
