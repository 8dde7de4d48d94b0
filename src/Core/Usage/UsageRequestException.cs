namespace Gatehouse.Usage;

/// <summary>A request's events are not valid; none of them was counted. The message is for whoever sent them.</summary>
public sealed class UsageRequestException(string message, int? index = null) : Exception(message)
{
    /// <summary>The index of the first event that is not valid; null where it is the request as a whole.</summary>
    public int? Index { get; } = index;
}
