using Gatehouse.Storage;

namespace Gatehouse.Tests;

/// <summary>The folders of src/Core use each other in one direction only.</summary>
public sealed class FolderDependencyTests
{
    // A folder may use those of the lines above its own. AppId, beside them, uses none.
    private static readonly string[][] Layers =
    [
        ["Common"],
        ["Telemetry"],
        ["Storage"],
        ["Secrets"],
        ["Push", "Usage", "Alerts", "Jobs"],
        ["Platform"],
        ["Access"],
        ["Custody"],
        ["Archive"],
    ];

    private static readonly FolderDependencies Dependencies = new(typeof(ITableStore).Assembly);

    [Fact]
    public void No_two_folders_use_each_other() => Assert.Empty(Dependencies.Circles());

    [Fact]
    public void Every_folder_uses_only_folders_of_lower_layers()
    {
        var wrong =
            from folder in Dependencies.Folders
            from used in folder.Uses
            let layer = LayerOf(folder.Folder)
            where Room(folder.Folder) != Room(used) && LayerOf(used) >= layer
            select $"{folder.Folder} -> {used}: {Dependencies.Example(folder.Folder, used)}";

        Assert.Empty(wrong);
    }

    private static string Room(string folder) => folder.Split('.') is [_, var room, ..] ? room : "";

    private static int LayerOf(string folder)
    {
        if (Room(folder) == "") return -1;
        var layer = Array.FindIndex(Layers, rooms => rooms.Contains(Room(folder)));
        Assert.True(layer >= 0, $"{folder} is in no layer.");
        return layer;
    }
}
