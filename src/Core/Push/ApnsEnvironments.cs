namespace Gatehouse.Push;

/// <summary>Apple's push environments: one for development builds, one for the App Store.</summary>
[Flags]
public enum ApnsEnvironments
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>Development, which Apple also calls the sandbox.</summary>
    Development = 1,

    /// <summary>Production.</summary>
    Production = 2,
}
