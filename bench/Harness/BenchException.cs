namespace Gatehouse.Bench;

/// <summary>The benchmark cannot continue. The message says why.</summary>
internal sealed class BenchException(string message) : Exception(message);
