using Gatehouse.Functions.Startup.Settings;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Tests.Hosting;

public sealed class StorageSettingsTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData("AzureTables", null, true)]
    [InlineData(null, "https://name.vault.azure.net", true)]
    [InlineData("AzureTables", "https://name.vault.azure.net", false)]
    public void A_data_folder_is_required_unless_store_and_vault_are_elsewhere(string? provider, string? vault, bool needed)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Provider"] = provider,
            ["Storage:TableEndpoint"] = provider is null ? null : "https://name.table.core.windows.net",
            ["KeyVault:Uri"] = vault,
        }).Build();

        Assert.Equal(needed, GatehouseSettings.Read(configuration).NeedsDataFolder);
    }
}
