namespace Gatehouse.FunctionsHost;

/// <summary>What a worker is started with.</summary>
/// <param name="Arguments">The command line that the host gives it.</param>
/// <param name="Environment">Its environment: the app's settings, and what the host adds.</param>
/// <param name="Output">Takes a line that it prints on standard output.</param>
/// <param name="Error">Takes a line that it prints on standard error.</param>
public sealed record WorkerStart(
    IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, Action<string> Output, Action<string> Error);

/// <summary>A worker that has been started.</summary>
public interface IWorker : IAsyncDisposable
{
    /// <summary>Its process, if it has one of its own.</summary>
    int? ProcessId { get; }

    /// <summary>Where it takes forwarded requests, if that is not what it tells the host (its capability <c>HttpUri</c>).</summary>
    Task<Uri?> HttpAddressAsync();

    /// <summary>Its exit code, once it has ended.</summary>
    Task<int> Exited { get; }

    /// <summary>Ends it on the spot, with all that it has started.</summary>
    void Kill();
}
