using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Bounds the memory of the request bodies that are held at the same time.</summary>
/// <remarks>
/// A body is held until its request ends. Parsing takes a few times its size, so the bound is an eighth of the memory that the
/// process may use: at least 16 MiB, at most 256 MiB.
/// </remarks>
/// <param name="most">The most bytes.</param>
public sealed class BodyMemory(long most)
{
    private const long Least = 16L * 1024 * 1024;
    private const long Greatest = 256L * 1024 * 1024;

    private long held;

    /// <summary>A bound that fits the memory of this process.</summary>
    public BodyMemory() : this(Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, Least, Greatest))
    {
    }

    /// <summary>How many bytes are held.</summary>
    public long Held => Interlocked.Read(ref held);

    /// <summary>The memory of one request. It is returned when the request ends.</summary>
    internal static Share Of(HttpContext context)
    {
        if (context.Features.Get<Share>() is { } known) return known;
        var share = new Share(context.RequestServices.GetRequiredService<BodyMemory>());
        context.Features.Set(share);
        context.Response.RegisterForDispose(share);
        return share;
    }

    private bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref held, bytes) <= most) return true;
        Interlocked.Add(ref held, -bytes);
        return false;
    }

    /// <summary>The memory of one request's body.</summary>
    internal sealed class Share(BodyMemory all) : IDisposable
    {
        private long taken;

        /// <summary>A new buffer.</summary>
        /// <exception cref="RequestException">There is no memory for it at the moment.</exception>
        public byte[] Rent(int bytes)
        {
            if (!all.TryTake(bytes)) throw RequestException.NoMemory();
            taken += bytes;
            return new byte[bytes];
        }

        /// <summary>Gives up a buffer before the request ends.</summary>
        public void Return(byte[] buffer)
        {
            taken -= buffer.Length;
            Interlocked.Add(ref all.held, -buffer.Length);
        }

        public void Dispose()
        {
            Interlocked.Add(ref all.held, -taken);
            taken = 0;
        }
    }
}
