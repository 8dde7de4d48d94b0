using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests;

/// <summary>Waits that end: at a condition, or when a caller is gone.</summary>
public static class Polling
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="OperationCanceledException">It did not hold within a minute.</exception>
    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="OperationCanceledException">It did not hold within a minute.</exception>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!await holds()) await Task.Delay(1, timeout.Token);
    }

    /// <summary>Waits until the caller of a request is gone.</summary>
    public static Task UntilGoneAsync(HttpContext context) =>
        Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
}
