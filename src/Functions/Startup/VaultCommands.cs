using System.Text;
using Gatehouse.Access;
using Gatehouse.Common;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Platform.Embedded;
using Gatehouse.Secrets;
using Gatehouse.Secrets.Local;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup;

/// <summary>
/// Reads and writes secrets in the local vault of a data folder, while the server runs or not. A running server sees a new value at
/// its next read. Secrets in a Key Vault are for Azure's own tools, which check the operator's rights.
/// </summary>
public static class VaultCommands
{
    // With another value, everything that they encrypt is lost.
    private static readonly string[] OwnKeys = [AccessKeys.SecretName, PlatformKeys.SecretName, StorePairing.SecretName];

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>Writes a secret. Creates the data folder and the vault, if there are none.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <param name="name">The secret's name.</param>
    /// <param name="input">The value: UTF-8, without the line end that it may have.</param>
    /// <returns>A line that says what was written.</returns>
    /// <exception cref="SettingException">The name or the value is not valid, or the secrets are not in a local vault.</exception>
    public static async Task<string> SetAsync(IConfiguration configuration, string name, Stream input)
    {
        CheckName(name);
        var settings = Read(configuration, $"az keyvault secret set --name {name} --file FILE --vault-name");
        if (OwnKeys.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw new SettingException($"{name} is a key of Gatehouse itself. With another value, the data could not be read any more.");
        var value = await ReadValueAsync(input);
        var folder = DataFolder.Open(settings.Storage.Path);
        await using var vault = DataStores.OpenLocalVault(settings, folder);
        var secret = await vault.SetAsync(name, value, CancellationToken.None);
        return $"Wrote version {secret.Version} of {name} into {folder.Vault}.";
    }

    /// <summary>The value of a secret.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <param name="name">The secret's name.</param>
    /// <exception cref="SettingException">There is no such secret, or no local vault.</exception>
    public static async Task<string> GetAsync(IConfiguration configuration, string name)
    {
        CheckName(name);
        var settings = Read(configuration, $"az keyvault secret show --name {name} --query value --output tsv --vault-name");
        await using var vault = OpenExisting(settings);
        if (await vault.GetAsync(name, CancellationToken.None) is { } secret) return secret.Reveal();
        var nearest = NearestName.Of(name, await vault.ListAsync(CancellationToken.None));
        throw new SettingException($"The vault has no secret {name}.{(nearest is null ? "" : $" Did you mean {nearest}?")}");
    }

    /// <summary>The names of all secrets, one on each line.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <exception cref="SettingException">There is no local vault.</exception>
    public static async Task<string> ListAsync(IConfiguration configuration)
    {
        await using var vault = OpenExisting(Read(configuration, "az keyvault secret list --query \"[].name\" --output tsv --vault-name"));
        return string.Join('\n', await vault.ListAsync(CancellationToken.None));
    }

    private static GatehouseSettings Read(IConfiguration configuration, string instead)
    {
        var settings = GatehouseSettings.ReadForCommand(configuration);
        return settings.KeyVault is not { } vault ? settings
            : throw new SettingException($"The secrets are in {vault}, not in a local vault. Use {instead} {vault.Host.Split('.')[0]}.");
    }

    // Opening a vault that does not exist would create one.
    private static LocalVault OpenExisting(GatehouseSettings settings)
    {
        var folder = DataFolder.At(settings.Storage.Path);
        return File.Exists(folder.Vault) ? LocalVault.Open(folder.Vault, folder.VaultKey)
            : throw new SettingException($"There is no vault in {folder.Path}. Storage__Path must be the data folder.");
    }

    private static void CheckName(string name)
    {
        try
        {
            SecretLimits.CheckName(name);
        }
        catch (ArgumentException e)
        {
            throw new SettingException(e.Message);
        }
    }

    private static async Task<string> ReadValueAsync(Stream input)
    {
        // More bytes, for a byte order mark and the line end, and another one that shows that there is more.
        var bytes = new byte[ByteOrderMark.Length + SecretLimits.ValueSize + LineEnd.Length + 1];
        var length = await input.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> value = bytes.AsSpan(0, length);
        if (value.StartsWith(ByteOrderMark)) value = value[ByteOrderMark.Length..];
        if (value.EndsWith(LineEnd)) value = value[..^LineEnd.Length];
        else if (value is [.., (byte)'\n']) value = value[..^1];
        if (value.Length is 0 or > SecretLimits.ValueSize)
            throw new SettingException($"The value on standard input must have 1 to {SecretLimits.ValueSize} bytes.");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value);
        }
        catch (DecoderFallbackException)
        {
            throw new SettingException("The value on standard input is not UTF-8.");
        }
    }
}
