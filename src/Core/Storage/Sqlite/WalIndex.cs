using System.Runtime.InteropServices;
using SQLitePCL;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Which transaction of a file was the last: the first copy of the header of its WAL index, without the padding. Two
/// headers are equal when, and only when, nothing was committed between them: it is the comparison by which SQLite
/// itself decides whether a connection's page cache still holds (https://www.sqlite.org/walformat.html, 2.3).
/// </summary>
internal readonly record struct WalHeader(long First, long Second, long Third, long Fourth, long Fifth, long Sixth);

/// <summary>
/// A connection's view of the WAL index, the memory that all connections to a file share, in every process. A committing
/// connection writes the index' header before its COMMIT returns; so a commit that was answered is seen in the header
/// from then on, for the price of reading 48 bytes. Asking SQLite takes two locks, which are system calls.
/// </summary>
internal sealed class WalIndex
{
    private const int FileControlFilePointer = 7;
    private const int PageSize = 32 * 1024;
    private const int Version = 3007000;

    // The place of xShmMap in sqlite3_io_methods, by pointers (https://www.sqlite.org/c3ref/io_methods.html).
    private const int ShmMapPlace = 13;

    private readonly nint header;

    private WalIndex(nint header) => this.header = header;

    /// <summary>The view of a connection that has read from the file; it is good until the connection is closed.</summary>
    public static WalIndex Of(Database database)
    {
        database.Check(FileControl(database.Handle, "main", FileControlFilePointer, out var file));
        var methods = Marshal.ReadIntPtr(file);
        var map = Marshal.GetDelegateForFunctionPointer<ShmMap>(Marshal.ReadIntPtr(methods, ShmMapPlace * nint.Size));
        database.Check(map(file, 0, PageSize, 0, out var header));
        return header != 0 && Marshal.ReadInt32(header) == Version
            ? new WalIndex(header)
            : throw new StoreUnavailableException($"The store '{database.Path}' has a WAL index of an unknown format.");
    }

    /// <summary>The header as it is now.</summary>
    public WalHeader Read() => new(
        Marshal.ReadInt64(header), Marshal.ReadInt64(header, 8), Marshal.ReadInt64(header, 16),
        Marshal.ReadInt64(header, 24), Marshal.ReadInt64(header, 32), Marshal.ReadInt64(header, 40));

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ShmMap(nint file, int page, int pageSize, int extend, out nint memory);

    // SQLitePCLRaw has no call for it; the library is the one that it brings and has loaded.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    private static extern int FileControl(
        sqlite3 database, [MarshalAs(UnmanagedType.LPUTF8Str)] string schema, int operation, out nint file);
}
