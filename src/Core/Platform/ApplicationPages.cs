using System.Runtime.CompilerServices;

namespace Gatehouse.Platform;

/// <summary>Reads the platform's list of applications.</summary>
internal static class ApplicationPages
{
    /// <summary>Every page, each read on demand.</summary>
    /// <exception cref="PlatformException">The platform cannot answer, or its pages lead back to an earlier page.</exception>
    public static async IAsyncEnumerable<ApplicationPage> ReadAsync(
        IPlatform platform, int pageSize, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var followed = new HashSet<string>(StringComparer.Ordinal);
        for (string? next = null; next != "";)
        {
            var page = await platform.ListAsync(pageSize, next, cancellation);
            yield return page;
            next = page.Next;
            if (next != "" && !followed.Add(next)) throw PlatformException.Unavailable();
        }
    }
}
