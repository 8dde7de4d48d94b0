namespace Gatehouse.Storage;

/// <summary>
/// The store cannot be reached, is out of space, or refused. What was to be written may or may not have been.
/// </summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
