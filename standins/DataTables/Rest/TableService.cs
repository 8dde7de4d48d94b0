using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables.Rest;

/// <summary>The requests of the Table service's REST interface, on the pipeline that sends them.</summary>
/// <remarks>Source: Azure Storage documentation, "Table Storage REST API".</remarks>
internal sealed class TableService(HttpPipeline pipeline, Uri endpoint, string version)
{
    /// <summary>Types are named where JSON cannot say them.</summary>
    public const string MinimalMetadata = "application/json;odata=minimalmetadata";

    /// <summary>The account's address.</summary>
    public Uri Endpoint => endpoint;

    /// <summary>Sends a request, again where it failed in passing.</summary>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellation)
    {
        await pipeline.SendAsync(message, cancellation).ConfigureAwait(false);
        return message.Response;
    }

    public HttpMessage CreateTable(string table)
    {
        var message = Start(RequestMethod.Post, "/Tables", out var request);
        request.Headers.Add("Prefer", "return-no-content");
        request.Headers.Add("Content-Type", MinimalMetadata);
        request.Content = RequestContent.Create(EntityWriter.TableName(table));
        return message;
    }

    public HttpMessage GetEntity(string table, string partitionKey, string rowKey, IEnumerable<string>? select)
    {
        var message = Start(RequestMethod.Get, ODataText.EntityPath(table, partitionKey, rowKey), out var request);
        if (select is not null) request.Uri.AppendQuery("$select", string.Join(',', select), escapeValue: true);
        return message;
    }

    public HttpMessage Query(string table, string? filter, int? top, IEnumerable<string>? select, Continuation? from)
    {
        var message = Start(RequestMethod.Get, $"/{table}()", out var request);
        if (top is { } most) request.Uri.AppendQuery("$top", most.ToString(CultureInfo.InvariantCulture), escapeValue: true);
        if (select is not null) request.Uri.AppendQuery("$select", string.Join(',', select), escapeValue: true);
        if (filter is not null) request.Uri.AppendQuery("$filter", filter, escapeValue: true);
        if (from is not null)
        {
            request.Uri.AppendQuery("NextPartitionKey", from.PartitionKey, escapeValue: true);
            if (from.RowKey is { Length: > 0 } row) request.Uri.AppendQuery("NextRowKey", row, escapeValue: true);
        }
        return message;
    }

    public HttpMessage Batch(string table, IReadOnlyList<TableTransactionAction> actions)
    {
        if (actions.Count == 0) throw new InvalidOperationException("The transaction has no actions.");
        var message = Start(RequestMethod.Post, "/$batch", out var request);
        var (boundary, body) = BatchRequest.Write(endpoint, table, version, actions);
        request.Headers.Add("Content-Type", $"multipart/mixed; boundary={boundary}");
        request.Content = RequestContent.Create(body);
        return message;
    }

    private HttpMessage Start(RequestMethod method, string path, out Request request)
    {
        var message = pipeline.CreateMessage();
        request = message.Request;
        request.Method = method;
        request.Uri.Reset(ODataText.Under(endpoint, path));
        request.Headers.Add("x-ms-version", version);
        request.Headers.Add("DataServiceVersion", "3.0");
        request.Headers.Add("Accept", MinimalMetadata);
        return message;
    }
}
