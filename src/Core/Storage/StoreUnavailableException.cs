namespace Gatehouse.Storage;

/// <summary>The store cannot be reached, is out of space, or refused. A write may have been done or not.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether another try fails too, until an operator has corrected something: access, space, a damaged file.</summary>
    public bool IsLasting { get; init; }
}
