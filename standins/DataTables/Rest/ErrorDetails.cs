using System.Globalization;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables.Rest;

/// <summary>Reads code and message out of an error of the service's, and the index that a transaction's message begins with.</summary>
internal sealed class ErrorDetails : RequestFailedDetailsParser
{
    public static readonly ErrorDetails Parser = new();

    public override bool TryParse(Response response, out ResponseError? error, out IDictionary<string, string>? data)
    {
        error = null;
        data = null;
        if (response.ContentStream is null) return false;
        try
        {
            using var document = JsonDocument.Parse(response.Content.ToMemory());
            var said = document.RootElement.GetProperty("odata.error");
            var message = said.GetProperty("message").GetProperty("value").GetString() ?? "";
            error = new ResponseError(said.GetProperty("code").GetString(), message);
            data = new Dictionary<string, string>();
            // "0:The specified entity already exists."
            var colon = message.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && int.TryParse(message.AsSpan(0, colon), CultureInfo.InvariantCulture, out var index))
                data[TableTransactionFailedException.IndexInData] = index.ToString(CultureInfo.InvariantCulture);
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // None of the service's, such as a proxy's page.
            return false;
        }
    }
}
