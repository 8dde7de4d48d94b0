using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The Key Vault that holds secrets: <c>KeyVault__Uri</c>. Without it they are in the local vault.</summary>
internal sealed class KeyVaultOptions
{
    /// <summary>The vault's address.</summary>
    public string? Uri { get; set; }
}

/// <summary>Validates <see cref="KeyVaultOptions"/>.</summary>
internal sealed class KeyVaultOptionsValidator : IValidateOptions<KeyVaultOptions>
{
    public ValidateOptionsResult Validate(string? name, KeyVaultOptions options) => SettingRules.Result(
        options.Uri is null || SettingRules.TryHttpsAddress(options.Uri) is not null ? null
            : "KeyVault__Uri must be a vault's address such as https://name.vault.azure.net.");
}
