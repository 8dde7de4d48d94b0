using System.Collections.Concurrent;

namespace Gatehouse.Storage.Sqlite;

/// <summary>The connections for reads: one for each concurrent read. A few idle ones are kept for later reads.</summary>
internal sealed class RowReaders(StoreFile file, RowCache cache) : IDisposable
{
    private static readonly int MostIdle = 2 * Environment.ProcessorCount;

    private readonly ConcurrentQueue<RowReader> idle = new();
    private volatile bool closed;

    /// <summary>A connection for one caller, which returns it with <see cref="Return"/> or disposes it.</summary>
    public RowReader Take()
    {
        return idle.TryDequeue(out var reader) ? reader : file.Connect(database => new RowReader(database, cache, file.Generations));
    }

    /// <summary>Returns a connection after a successful read.</summary>
    public void Return(RowReader reader)
    {
        if (idle.Count >= MostIdle)
        {
            reader.Dispose();
            return;
        }
        idle.Enqueue(reader);
        // Dispose may have closed the idle connections just before this one was added.
        if (closed) CloseIdle();
    }

    /// <summary>Closes the connections: idle ones now, the others when they are returned.</summary>
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
