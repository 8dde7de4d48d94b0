using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>Where an app of functions begins.</summary>
public class FunctionsApplication
{
    /// <summary>Begins an app of the functions in the calling assembly.</summary>
    /// <param name="args">The command line: settings as <c>--Name value</c> or <c>Name=value</c>.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) =>
        new(args, Assembly.GetCallingAssembly().GetExportedTypes());

    internal static FunctionsApplicationBuilder CreateBuilder(string[] args, IEnumerable<Type> functionClasses) =>
        new(args, functionClasses);
}
