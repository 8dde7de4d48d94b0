namespace Gatehouse.Usage;

/// <summary>A request's events are not valid, and none was counted. The message is for the sender.</summary>
public sealed class UsageRequestException(string message, int? index = null) : Exception(message)
{
    /// <summary>The index of the first invalid event; null where the request itself is not valid.</summary>
    public int? Index { get; } = index;
}
