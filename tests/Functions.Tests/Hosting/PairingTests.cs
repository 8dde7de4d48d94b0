using Gatehouse.Functions.Startup;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// A store and a vault that do not belong together stop the start. On the server only: both heads open them by the same code,
/// before they serve anything.
/// </summary>
public sealed class PairingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("The vault is missing", "vault.db")]
    [InlineData("The vault is missing", "vault.db", "vault.key")]
    [InlineData("vault.key is missing", "vault.key")]
    [InlineData("The store is missing", "gatehouse.db")]
    public async Task A_file_that_is_gone_stops_the_start_with_a_line_that_names_it(string line, params string[] gone)
    {
        await CreateAsync("Harbour");
        foreach (var file in gone) File.Delete(folder[file]);
        Assert.Contains(line, await RefusalAsync(), StringComparison.Ordinal);
        // Nothing new was made in its place that would be in the way of the old one.
        Assert.False(File.Exists(folder[gone[0]]));
    }

    [Fact]
    public async Task An_emptied_store_or_vault_and_another_vault_stop_the_start()
    {
        await CreateAsync("Harbour");
        var vault = await File.ReadAllBytesAsync(folder["vault.db"]);
        var store = await File.ReadAllBytesAsync(folder["gatehouse.db"]);

        await File.WriteAllBytesAsync(folder["gatehouse.db"], []);
        Assert.Contains("The store is missing", await RefusalAsync(), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(folder["gatehouse.db"], store);
        await File.WriteAllBytesAsync(folder["vault.db"], []);
        Assert.Contains("The vault is missing", await RefusalAsync(), StringComparison.Ordinal);

        using (var other = new TemporaryFolder())
        {
            await using (await RunningGatehouse.StartAsync(other))
            {
            }
            foreach (var file in (string[])["vault.db", "vault.key"]) File.Copy(other[file], folder[file], overwrite: true);
            Assert.Contains("do not belong together", await RefusalAsync(), StringComparison.Ordinal);
        }
        await using var accepted = await RunningGatehouse.StartAsync(folder, settings: ["--Storage:AcceptPair", "true"]);
        // What was encrypted under the other vault is lost, and the rest is served.
        Assert.Empty((await accepted.Api.GetAsync("/v3/applications", accepted.Api.Organization)).Ok().GetProperty("applications").EnumerateArray());
        await accepted.Api.CreateApplicationAsync("Pier");
    }

    [Fact]
    public async Task A_store_from_before_there_were_signs_gets_them_and_one_without_its_vault_s_key_is_refused()
    {
        await CreateAsync("Harbour");
        await using (var gatehouse = await RunningGatehouse.StartAsync(folder))
        {
            await gatehouse.Services.GetRequiredService<ITableStore>().CommitAsync("Pairing", "pairing", [RowChange.Delete("sign")], default);
            await gatehouse.Services.GetRequiredService<ISecretVault>().DeleteAsync(StorePairing.SecretName, default);
        }
        await CreateAsync("Pier");
        await using (var gatehouse = await RunningGatehouse.StartAsync(folder))
        {
            Assert.Equal(2, (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Ok().GetProperty("applications").GetArrayLength());
            Assert.NotNull(await gatehouse.Services.GetRequiredService<ITableStore>().GetAsync("Pairing", "pairing", "sign", default));
            await gatehouse.Services.GetRequiredService<ITableStore>().CommitAsync("Pairing", "pairing", [RowChange.Delete("sign")], default);
            foreach (var secret in (string[])[StorePairing.SecretName, "access-data-key", "platform-data-key"])
                await gatehouse.Services.GetRequiredService<ISecretVault>().DeleteAsync(secret, default);
        }
        Assert.Contains("it holds no key, and the store holds applications", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_ended_between_the_two_signs_is_finished_by_the_next()
    {
        await CreateAsync("Harbour");
        await using (var gatehouse = await RunningGatehouse.StartAsync(folder))
        {
            var vault = gatehouse.Services.GetRequiredService<ISecretVault>();
            var name = (await vault.GetAsync(StorePairing.SecretName, default))!.Reveal();
            Assert.DoesNotContain("pending", name, StringComparison.Ordinal);
            await vault.SetAsync(StorePairing.SecretName, $"pending:{name}", default);
        }
        await using (var gatehouse = await RunningGatehouse.StartAsync(folder))
        {
            var vault = gatehouse.Services.GetRequiredService<ISecretVault>();
            Assert.DoesNotContain("pending", (await vault.GetAsync(StorePairing.SecretName, default))!.Reveal(), StringComparison.Ordinal);
        }
    }

    private async Task CreateAsync(string name)
    {
        await using var gatehouse = await RunningGatehouse.StartAsync(folder);
        await gatehouse.Api.CreateApplicationAsync(name);
        (await gatehouse.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
    }

    private async Task<string> RefusalAsync()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(async () => await (await RunningGatehouse.StartAsync(folder)).DisposeAsync());
        return fault.ToString();
    }
}
