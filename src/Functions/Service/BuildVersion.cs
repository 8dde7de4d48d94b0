using System.Reflection;

namespace Gatehouse.Functions.Service;

/// <summary>The version of this build. Directory.Build.props sets it.</summary>
public static class BuildVersion
{
    /// <summary>The version, such as <c>1.2.3</c>; with <c>+</c> and the commit if the build knew it.</summary>
    public static string Text { get; } =
        typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
