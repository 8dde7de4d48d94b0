namespace Gatehouse.Tests;

/// <summary>The files of the project, for tests that compare its documents with it.</summary>
public static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The full path of a file or folder, given by its path from the solution's folder.</summary>
    public static string PathOf(string path) => Path.Combine(Root, path);

    /// <summary>The text of a file, given by its path from the solution's folder.</summary>
    public static string Read(string path) => File.ReadAllText(PathOf(path));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("The tests do not run inside the project.")
        : File.Exists(Path.Combine(folder.FullName, "Functions.sln")) ? folder.FullName
        : Find(folder.Parent);
}
