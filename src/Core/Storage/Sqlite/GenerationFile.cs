using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// The generation of the rows: a number in a small memory-mapped file beside the database, shared
/// by all processes that have the database open. It tells whether cached rows are current (<see cref="RowCache"/>).
/// </summary>
/// <remarks>
/// <para>An even number names the state of the rows: while it does not change, nothing is committed. An odd number means that a
/// commit is running, or that its process was killed during it. Under an odd number, only the process whose commit it is uses
/// its cache, because it alone knows which rows change. Others read the database, which takes some 5 µs instead of less than
/// 1.</para>
/// <para>A writer raises the number to the next odd one between BEGIN IMMEDIATE and COMMIT. SQLite's write lock is held there,
/// so no two writers raise it at once, and no commit becomes visible before its own raise. After COMMIT the writer raises the
/// number to even, by compare-exchange from its own odd number. The lock is free by then, so another writer may have raised the
/// number for its own commit. In that case the number stays odd until the other commit has ended.</para>
/// <para>A killed writer leaves an odd number, and so does a COMMIT that failed. The next successful commit repairs it, because
/// it raises the number to its own odd one and then to even. The first number of a file is random, so a deleted file does not
/// make an old number current again.</para>
/// <para>All threads of a store share one instance, and only its writer raises the number.</para>
/// </remarks>
internal sealed class GenerationFile
{
    /// <summary>The suffix of the file's name, after the name of the database.</summary>
    public const string Suffix = "-generation";

    private const int Size = 2 * sizeof(long);

    // Milliseconds between two checks that the path still leads to the mapped file.
    private const long CheckInterval = 1000;

    private readonly string path;
    private volatile Mapping mapping;
    private Mapping? raised;
    private long checkedAt;
    private long commit;

    /// <summary>Opens the file. If it does not exist, it is created, readable by its owner only.</summary>
    /// <param name="path">The file's full path.</param>
    /// <exception cref="StoreUnavailableException">It cannot be created or written.</exception>
    public GenerationFile(string path)
    {
        this.path = path;
        mapping = Map();
    }

    /// <summary>Whether rows may be cached under a number: whether it is even, so no commit is running.</summary>
    public static bool IsSettled(long number) => number > 0 && (number & 1) == 0;

    /// <summary>The current number. Every commit that was answered before has raised it.</summary>
    /// <remarks>
    /// If the file was deleted while it was mapped, and another process has created it again, this is noticed within a second.
    /// </remarks>
    /// <exception cref="StoreUnavailableException">The file was deleted and cannot be created again.</exception>
    public long Read()
    {
        if (Environment.TickCount64 - Volatile.Read(ref checkedAt) > CheckInterval) CheckPath();
        return mapping.Number;
    }

    /// <summary>Whether the number is still this one. All reads before this call are complete then.</summary>
    public bool IsStill(long number)
    {
        Volatile.ReadBarrier();
        return mapping.Number == number;
    }

    /// <summary>Makes the number odd. The caller holds SQLite's write lock, and commits next.</summary>
    /// <param name="beforeRaise">
    /// Called before the raise, with the number and the odd number that follows it. Called again if the raise has to be repeated.
    /// </param>
    /// <exception cref="StoreUnavailableException">The file was deleted and cannot be created again.</exception>
    public void BeginCommit(Action<long, long>? beforeRaise = null)
    {
        long before;
        do
        {
            before = Read();
            commit = before + 1 + (before & 1);
            beforeRaise?.Invoke(before, commit);
        }
        // Another process may be raising the number at the end of its commit.
        while (!(raised = mapping).TryRaise(before, commit));
    }

    /// <summary>Makes the number even, after the commit is on disk.</summary>
    public void EndCommit()
    {
        raised!.TryRaise(commit, commit + 1);
        // The file was deleted meanwhile, and readers may have cached rows of before the commit under the number of the new one.
        if (mapping != raised) mapping.Skip();
    }

    private void CheckPath()
    {
        if (!IsAtPath()) mapping = Map();
        Volatile.Write(ref checkedAt, Environment.TickCount64);
    }

    private bool IsAtPath()
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            var mapped = mapping;
            var before = mapped.Number;
            if (RandomAccess.Read(file, bytes, 0) < bytes.Length) return false;
            var found = MemoryMarshal.Read<long>(bytes);
            // Numbers only grow. A number of another file is not between two numbers of this file.
            return before <= found && found <= mapped.Number;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable(fault);
        }
    }

    private Mapping Map()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Mapping mapped;
        try
        {
            using var file = new FileStream(path, options);
            // Writing one byte allocates the block on disk, so a full disk cannot fail a write to the mapping later. The byte is
            // not part of the number, which another process may be raising.
            if (file.Length < Size) RandomAccess.Write(file.SafeFileHandle, [0], Size - 1);
            using var memory = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            mapped = new Mapping(memory.CreateViewAccessor(0, Size));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable(fault);
        }
        // A new file contains 0. Writers never write a negative number.
        var found = mapped.Number;
        if (found <= 0) mapped.TryRaise(found, 2 * Random.Shared.NextInt64(1, 1L << 60));
        Volatile.Write(ref checkedAt, Environment.TickCount64);
        return mapped;
    }

    private StoreUnavailableException Unusable(Exception fault) =>
        new($"The store's file '{path}' cannot be used: {fault.Message.ReplaceLineEndings(" ")}", fault);

    /// <summary>The number in memory. Any thread may use it at any time, so it is unmapped when nothing refers to it any more.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "Disposing of it while a thread reads would end the process.")]
    private sealed class Mapping(MemoryMappedViewAccessor view)
    {
        private readonly nint address = view.SafeMemoryMappedViewHandle.DangerousGetHandle();

        public long Number
        {
            get
            {
                var number = Volatile.Read(ref Place);
                GC.KeepAlive(view);
                return number;
            }
        }

        private ref long Place => ref Unsafe.AddByteOffset(ref Unsafe.NullRef<long>(), address);

        public bool TryRaise(long from, long to)
        {
            var found = Interlocked.CompareExchange(ref Place, to, from);
            GC.KeepAlive(view);
            return found == from;
        }

        public void Skip()
        {
            Interlocked.Add(ref Place, 2);
            GC.KeepAlive(view);
        }
    }
}
