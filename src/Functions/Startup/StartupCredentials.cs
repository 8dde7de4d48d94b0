namespace Gatehouse.Functions.Startup;

/// <summary>The credentials in force, for the banner. <see cref="StartupCheck"/> sets them.</summary>
internal sealed class StartupCredentials
{
    /// <summary>The organization's user at the embedded platform.</summary>
    public string User { get; set; } = "";

    /// <summary>The organization's password if it was created; null if it is configured.</summary>
    public string? CreatedPassword { get; set; }

    /// <summary>The local caller's key if it was created; null if callers are configured.</summary>
    public string? CreatedKey { get; set; }

    /// <summary>Whether an earlier start created a key that is not in force now, because callers are configured.</summary>
    public bool HasUnusedKey { get; set; }
}
