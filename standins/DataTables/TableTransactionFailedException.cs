using System.Globalization;

namespace Azure.Data.Tables;

/// <summary>A transaction failed as a whole, because of one of its actions.</summary>
public class TableTransactionFailedException : RequestFailedException
{
    // Where the details of an error keep the index that its message begins with.
    internal const string IndexInData = "FailedEntity";

    /// <summary>Makes it of the failure of the action.</summary>
    public TableTransactionFailedException(RequestFailedException requestFailedException)
        : base(
            requestFailedException.Status, requestFailedException.Message, requestFailedException.ErrorCode,
            requestFailedException.InnerException)
    {
        foreach (var key in requestFailedException.Data.Keys) Data.Add(key, requestFailedException.Data[key]);
        if (Data[IndexInData] is string text && int.TryParse(text, CultureInfo.InvariantCulture, out var index))
            FailedTransactionActionIndex = index;
    }

    /// <summary>The index of the action; null where the service did not say it.</summary>
    public int? FailedTransactionActionIndex { get; }
}
