#nullable disable // As the official assembly, which says nothing of null.

using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables.Rest;

namespace Azure.Data.Tables;

/// <summary>A client of an account's tables.</summary>
public class TableServiceClient
{
    // The public cloud's; the official client asks for it unless an audience is set.
    private const string Scope = "https://storage.azure.com/.default";

    private readonly TableService service;
    private readonly string accountName;

    /// <summary>Makes a client of a connection string.</summary>
    public TableServiceClient(string connectionString)
        : this(connectionString, null)
    {
    }

    /// <summary>Makes a client of a connection string.</summary>
    /// <exception cref="ArgumentNullException">The connection string is null.</exception>
    /// <exception cref="InvalidOperationException">It does not consist of names and values.</exception>
    /// <exception cref="FormatException">It names no account, or its key is not base64.</exception>
    public TableServiceClient(string connectionString, TableClientOptions options = null)
    {
        var account = ConnectionString.Parse(connectionString);
        accountName = account.Credential.AccountName;
        service = Connect(account.Endpoint, new SharedKeyPolicy(account.Credential), options);
    }

    /// <summary>Makes a client under an account's key.</summary>
    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential)
        : this(endpoint, credential, null)
    {
    }

    /// <summary>Makes a client under an account's key.</summary>
    /// <exception cref="ArgumentNullException">The endpoint or the credential is null.</exception>
    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        accountName = credential.AccountName;
        service = Connect(endpoint, new SharedKeyPolicy(credential), options);
    }

    /// <summary>Makes a client under an identity.</summary>
    /// <exception cref="ArgumentNullException">The endpoint or the credential is null.</exception>
    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(tokenCredential);
        // The first label of a name; of an address, which an emulator has, the first segment of the path.
        accountName = endpoint.HostNameType == UriHostNameType.Dns && endpoint.Host.Contains('.', StringComparison.Ordinal)
            ? endpoint.Host.Split('.')[0]
            : endpoint.Segments.ElementAtOrDefault(1)?.TrimEnd('/');
        service = Connect(
            endpoint, new TokenPolicy(tokenCredential, Scope, options?.EnableTenantDiscovery ?? false), options);
    }

    /// <summary>The account's name.</summary>
    public virtual string AccountName => accountName;

    /// <summary>The endpoint.</summary>
    public virtual Uri Uri => service.Endpoint;

    /// <summary>A client of one table, which need not be there.</summary>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    public virtual TableClient GetTableClient(string tableName)
    {
        ArgumentNullException.ThrowIfNull(tableName);
        return new TableClient(tableName, accountName, service);
    }

    private static TableService Connect(Uri endpoint, HttpPipelinePolicy authentication, TableClientOptions options)
    {
        options ??= new TableClientOptions();
        var pipeline = HttpPipelineBuilder.Build(new HttpPipelineOptions(options)
        {
            PerRetryPolicies = { authentication },
            ResponseClassifier = new ResponseClassifier(),
            RequestFailedDetailsParser = ErrorDetails.Parser,
        });
        return new TableService(pipeline, endpoint, options.VersionString);
    }
}
