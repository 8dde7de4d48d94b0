using System.Reflection;
using Gatehouse.Functions.Startup;
using Gatehouse.Server;
using Gatehouse.Storage;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests;

/// <summary>The folders of src use each other in one direction only.</summary>
public sealed class FolderDependencyTests
{
    private static readonly Assembly Core = typeof(ITableStore).Assembly;
    private static readonly Assembly Functions = typeof(GatehouseHost).Assembly;
    private static readonly Assembly Server = typeof(ServerBuilder).Assembly;

    private static readonly FolderDependencies Dependencies = new(Core, Functions, Server);

    [Fact]
    public void No_two_folders_use_each_other() => Assert.Empty(Dependencies.Circles());

    [Fact]
    public void Core_uses_neither_Functions_nor_Server_and_Functions_does_not_use_Server()
    {
        Assert.DoesNotContain(Core.GetReferencedAssemblies(), IsEither);
        Assert.DoesNotContain(Functions.GetReferencedAssemblies(), name => name.Name == Server.GetName().Name);
    }

    // The facade and the platform refuse requests in their own words, so the code that reads requests for both uses neither.
    [Fact]
    public void Readers_of_requests_do_not_use_the_platform() => Assert.DoesNotContain(
        "Gatehouse.Platform", Dependencies.Folders.Single(folder => folder.Folder == "Gatehouse.Functions.Http.Requests").Uses);

    private static bool IsEither(AssemblyName name) => name.Name == Functions.GetName().Name || name.Name == Server.GetName().Name;
}
