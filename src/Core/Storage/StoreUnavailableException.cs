namespace Gatehouse.Storage;

/// <summary>The store cannot be reached, is out of space, or refused. A write may have been done or not.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
