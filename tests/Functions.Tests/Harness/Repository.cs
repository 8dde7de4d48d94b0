namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The files of the project, for tests that hold its documents against it.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("The tests do not run inside the project.")
        : File.Exists(Path.Combine(folder.FullName, "Functions.sln")) ? folder.FullName
        : Find(folder.Parent);
}
