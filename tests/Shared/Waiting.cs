using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests;

/// <summary>Waits for what tests cannot be told of, such as a line in the output of a process.</summary>
public static class Waiting
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Waits until a condition holds. Asks for it every millisecond.</summary>
    /// <exception cref="OperationCanceledException">It did not hold within a minute.</exception>
    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    /// <inheritdoc cref="UntilAsync(Func{bool})"/>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (!await holds()) await Task.Delay(1, limit.Token);
    }

    /// <summary>Does not answer a request until its caller is gone.</summary>
    public static async Task UntilGoneAsync(HttpContext context) =>
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
