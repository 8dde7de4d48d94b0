using System.Runtime.CompilerServices;
using Azure.Identity;
using Gatehouse.Storage.AzureTables;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where the tables are kept: with all of these null, in the data folder.</summary>
/// <param name="ConnectionString"><c>Storage__ConnectionString</c>: of the storage account, with its key.</param>
/// <param name="TableEndpoint"><c>Storage__TableEndpoint</c>: the account's address, for the identity of the machine.</param>
internal sealed record StorageSettings(string? ConnectionString, Uri? TableEndpoint)
{
    /// <summary>The names of these settings.</summary>
    public static readonly IReadOnlyList<string> Names = ["Storage__Provider", "Storage__ConnectionString", "Storage__TableEndpoint"];

    private const string Sqlite = "Sqlite";
    private const string AzureTables = "AzureTables";

    /// <summary>Whether the tables are in Azure, and not in the data folder.</summary>
    public bool IsAzure => ConnectionString is not null || TableEndpoint is not null;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">One of them is wrong.</exception>
    public static StorageSettings Read(IConfiguration configuration)
    {
        var provider = configuration["Storage:Provider"] ?? Sqlite;
        var (connection, endpoint) = (configuration["Storage:ConnectionString"], configuration["Storage:TableEndpoint"]);
        if (provider.Equals(Sqlite, StringComparison.OrdinalIgnoreCase))
        {
            return connection is null && endpoint is null ? new StorageSettings(null, null) : throw new SettingException(
                $"Storage__ConnectionString and Storage__TableEndpoint need Storage__Provider={AzureTables}.");
        }
        if (!provider.Equals(AzureTables, StringComparison.OrdinalIgnoreCase))
            throw new SettingException($"Storage__Provider must be {Sqlite} or {AzureTables}.");
        return (connection, endpoint) switch
        {
            (null, null) => throw new SettingException(
                $"Storage__Provider={AzureTables} needs Storage__ConnectionString or Storage__TableEndpoint."),
            ({ }, { }) => throw new SettingException("Storage__ConnectionString and Storage__TableEndpoint must not both be set."),
            ({ } text, null) => Checked(new StorageSettings(text, null)),
            (null, { } address) => new StorageSettings(null, Endpoint(address)),
        };
    }

    /// <summary>Opens the store in Azure.</summary>
    // Apart, so that the client's assemblies are loaded only where the tables are there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public AzureTableStore OpenAzure() => TableEndpoint is { } endpoint
        ? AzureTableStore.Open(endpoint, new DefaultAzureCredential(), AzureTableTimeouts.Default, TimeProvider.System)
        : AzureTableStore.Open(ConnectionString!, AzureTableTimeouts.Default, TimeProvider.System);

    // A record's own text would show the account's key.
    public override string ToString() => TableEndpoint?.ToString() ?? (IsAzure ? AzureTables : Sqlite);

    // The bearer token goes with every request: not even to this machine in clear, and the client would refuse to.
    private static Uri Endpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.PathAndQuery == "/" ? uri
            : throw new SettingException(
                "Storage__TableEndpoint must be an account's address such as https://name.table.core.windows.net.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StorageSettings Checked(StorageSettings settings)
    {
        try
        {
            var account = settings.OpenAzure().Account;
            if (account.Scheme == Uri.UriSchemeHttps || account.IsLoopback) return settings;
        }
        catch (FormatException)
        {
            throw new SettingException("Storage__ConnectionString must be a storage account's connection string with its key.");
        }
        throw new SettingException("Storage__ConnectionString must name an https address; http is for an emulator on this machine.");
    }
}
