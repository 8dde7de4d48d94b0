using System.Collections.Concurrent;

namespace Gatehouse.Storage.Sqlite;

/// <summary>The connections that read: as many as there are reads at one time, a few of which are kept for the next.</summary>
internal sealed class RowReaders(StoreFile file, RowCache cache) : IDisposable
{
    private static readonly int MostIdle = 2 * Environment.ProcessorCount;

    private readonly ConcurrentQueue<RowReader> idle = new();
    private volatile bool closed;

    /// <summary>A connection for the caller alone, who gives it back by <see cref="Return"/>, or disposes it.</summary>
    public RowReader Take()
    {
        return idle.TryDequeue(out var reader) ? reader : file.Connect(database => new RowReader(database, cache));
    }

    /// <summary>Takes back a connection whose read went well.</summary>
    public void Return(RowReader reader)
    {
        if (idle.Count >= MostIdle)
        {
            reader.Dispose();
            return;
        }
        idle.Enqueue(reader);
        // Dispose may have gone through the idle ones just before this one was among them.
        if (closed) CloseIdle();
    }

    /// <summary>Closes the connections: idle ones now, and each of the others when it is given back.</summary>
    public void Dispose()
    {
        closed = true;
        CloseIdle();
    }

    private void CloseIdle()
    {
        while (idle.TryDequeue(out var reader)) reader.Dispose();
    }
}
