namespace Gatehouse.FunctionsHost;

/// <summary>How to start a worker.</summary>
/// <param name="Arguments">The command line that the host gives it.</param>
/// <param name="Environment">Its environment: the app's settings, and what the host adds.</param>
/// <param name="Output">Receives each line of standard output.</param>
/// <param name="Error">Receives each line of standard error.</param>
public sealed record WorkerStart(
    IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, Action<string> Output, Action<string> Error);

/// <summary>A worker that has been started.</summary>
public interface IWorker : IAsyncDisposable
{
    /// <summary>Its process; null if it runs in this process.</summary>
    int? ProcessId { get; }

    /// <summary>The address for forwarded requests; null for the one that it reports to the host (<c>HttpUri</c>).</summary>
    Task<Uri?> HttpAddressAsync();

    /// <summary>Its exit code, once it has ended.</summary>
    Task<int> Exited { get; }

    /// <summary>Kills it and its child processes at once.</summary>
    void Kill();
}
