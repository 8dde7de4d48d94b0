namespace Gatehouse.Bench;

/// <summary>The benchmark cannot go on; the message says why, to whoever runs it.</summary>
internal sealed class BenchException(string message) : Exception(message);
