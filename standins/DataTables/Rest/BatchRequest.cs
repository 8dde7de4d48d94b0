using System.Buffers;
using System.Globalization;
using System.Text;

namespace Azure.Data.Tables.Rest;

/// <summary>
/// A transaction as it is sent: one changeset in a multipart body, with a request in each of its parts.
/// </summary>
/// <remarks>Source: Azure Storage documentation, "Performing entity group transactions".</remarks>
internal static class BatchRequest
{
    public static (string Boundary, ReadOnlyMemory<byte> Body) Write(
        Uri endpoint, string table, string version, IReadOnlyList<TableTransactionAction> actions)
    {
        var (batch, changeset) = ($"batch_{Guid.NewGuid()}", $"changeset_{Guid.NewGuid()}");
        var body = new ArrayBufferWriter<byte>();
        Line(body, $"--{batch}");
        Line(body, $"Content-Type: multipart/mixed; boundary={changeset}");
        Line(body, "");
        foreach (var action in actions)
        {
            Line(body, $"--{changeset}");
            Line(body, "Content-Type: application/http");
            Line(body, "Content-Transfer-Encoding: binary");
            Line(body, "");
            Write(body, endpoint, table, version, action);
        }
        Line(body, $"--{changeset}--");
        Line(body, "");
        Line(body, $"--{batch}--");
        return (batch, body.WrittenMemory);
    }

    private static void Write(
        ArrayBufferWriter<byte> body, Uri endpoint, string table, string version, TableTransactionAction action)
    {
        var entity = action.Entity;
        var own = ODataText.EntityPath(table, entity.PartitionKey, entity.RowKey);
        var (method, path) = action.ActionType switch
        {
            TableTransactionActionType.Add => ("POST", $"/{table}"),
            TableTransactionActionType.Delete => ("DELETE", own),
            TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => ("PUT", own),
            TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge => ("PATCH", own),
            _ => throw new InvalidOperationException("Unknown request type."),
        };
        Line(body, $"{method} {ODataText.Under(endpoint, path).AbsoluteUri} HTTP/1.1");
        Line(body, $"x-ms-version: {version}");
        Line(body, "DataServiceVersion: 3.0");
        Line(body, $"Accept: {TableService.MinimalMetadata}");
        if (IfMatch(action) is { } etag) Line(body, $"If-Match: {etag}");
        if (action.ActionType == TableTransactionActionType.Delete)
        {
            Line(body, "");
            return;
        }
        var json = EntityWriter.Entity(entity);
        if (action.ActionType == TableTransactionActionType.Add) Line(body, "Prefer: return-no-content");
        Line(body, "Content-Type: application/json;odata=nometadata");
        Line(body, string.Create(CultureInfo.InvariantCulture, $"Content-Length: {json.Length}"));
        Line(body, "");
        body.Write(json.Span);
        Line(body, "");
    }

    private static string? IfMatch(TableTransactionAction action) => action.ActionType switch
    {
        TableTransactionActionType.Delete => action.ETag == default ? ETag.All.ToString() : action.ETag.ToString(),
        TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace =>
            action.ETag == default ? null : action.ETag.ToString(),
        _ => null,
    };

    private static void Line(ArrayBufferWriter<byte> body, string text)
    {
        Encoding.UTF8.GetBytes(text, body);
        body.Write("\r\n"u8);
    }
}
