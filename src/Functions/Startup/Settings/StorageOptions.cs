using Gatehouse.Storage.AzureTables;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where data is kept: <c>Storage__...</c>.</summary>
internal sealed class StorageOptions
{
    public const string DefaultPath = ".gatehouse";
    public const string Sqlite = nameof(Sqlite);
    public const string AzureTables = nameof(AzureTables);

    /// <summary>The data folder. Default <see cref="DefaultPath"/>.</summary>
    public string? Path { get; set; }

    /// <summary>What holds the tables: <see cref="Sqlite"/>, the default, or <see cref="AzureTables"/>.</summary>
    public string? Provider { get; set; }

    /// <summary>For <see cref="AzureTables"/>: the storage account's connection string, with its key.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>For <see cref="AzureTables"/>, instead: the account's address. The machine's identity is used.</summary>
    public string? TableEndpoint { get; set; }

    /// <summary>
    /// With <see cref="TableEndpoint"/>: the address of another account, for the audit trail alone. Default: the same account.
    /// </summary>
    public string? AuditTableEndpoint { get; set; }

    /// <summary>
    /// <c>true</c> pairs a store and a vault that do not belong together, because one of them is lost for good.
    /// </summary>
    public string? AcceptPair { get; set; }

    /// <summary>The settings. The options must be valid.</summary>
    internal StorageSettings ToSettings() =>
        new(System.IO.Path.GetFullPath(Path ?? DefaultPath), ConnectionString, SettingRules.TryHttpsAddress(TableEndpoint),
            SettingRules.TryHttpsAddress(AuditTableEndpoint), AcceptPair == "true");
}

/// <summary>Validates <see cref="StorageOptions"/>.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options) => SettingRules.Result(Fault(options));

    private static string? Fault(StorageOptions options)
    {
        if (options.AcceptPair is not (null or "true" or "false")) return "Storage__AcceptPair must be true or false.";
        if (!IsPath(options.Path ?? StorageOptions.DefaultPath)) return "Storage__Path must be the path of a folder.";
        if (AuditFault(options) is { } fault) return fault;
        var provider = options.Provider ?? StorageOptions.Sqlite;
        if (provider.Equals(StorageOptions.Sqlite, StringComparison.OrdinalIgnoreCase))
        {
            return options is { ConnectionString: null, TableEndpoint: null } ? null
                : $"Storage__ConnectionString and Storage__TableEndpoint need Storage__Provider={StorageOptions.AzureTables}.";
        }
        if (!provider.Equals(StorageOptions.AzureTables, StringComparison.OrdinalIgnoreCase))
            return $"Storage__Provider must be {StorageOptions.Sqlite} or {StorageOptions.AzureTables}.";
        return options switch
        {
            { ConnectionString: null, TableEndpoint: null } =>
                $"Storage__Provider={StorageOptions.AzureTables} needs Storage__ConnectionString or Storage__TableEndpoint.",
            { ConnectionString: not null, TableEndpoint: not null } =>
                "Storage__ConnectionString and Storage__TableEndpoint must not both be set.",
            { ConnectionString: { } connection } => ConnectionFault(connection),
            // A bearer token is sent with every request, so plain http is refused even on this machine. So does the client.
            _ => SettingRules.TryHttpsAddress(options.TableEndpoint) is not null ? null
                : "Storage__TableEndpoint must be an account's address such as https://name.table.core.windows.net.",
        };
    }

    private static string? AuditFault(StorageOptions options) => options switch
    {
        { AuditTableEndpoint: null } => null,
        { TableEndpoint: null } => "Storage__AuditTableEndpoint needs Storage__TableEndpoint.",
        _ when SettingRules.TryHttpsAddress(options.AuditTableEndpoint) is null =>
            "Storage__AuditTableEndpoint must be an account's address such as https://name.table.core.windows.net.",
        _ => null,
    };

    private static bool IsPath(string path)
    {
        try
        {
            return Path.GetFullPath(path).Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? ConnectionFault(string connection)
    {
        try
        {
            var account = AzureTableStore.Open(connection, AzureTableTimeouts.Default, TimeProvider.System).Account;
            return account.Scheme == Uri.UriSchemeHttps || account.IsLoopback ? null
                : "Storage__ConnectionString must name an https address; http is for an emulator on this machine.";
        }
        catch (FormatException)
        {
            return "Storage__ConnectionString must be a storage account's connection string with its key.";
        }
    }
}
