using System.Text;

namespace Gatehouse.Platform;

/// <summary>An application of the platform (wire contract, "Application").</summary>
/// <param name="Id">Its unique id.</param>
/// <param name="Name">Its name: 1 to 128 bytes of UTF-8.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Token">The API token in the representation: the master token when applications are created or listed,
/// otherwise the token of the request.</param>
public sealed record Application(AppId Id, string Name, DateTimeOffset CreatedAt, ApiToken Token)
{
    /// <summary>The most bytes of UTF-8 in a name.</summary>
    public const int NameSize = 128;

    /// <summary>Checks a name for a new application.</summary>
    /// <exception cref="PlatformException">400111 for an empty name, 400110 for one over 128 bytes.</exception>
    public static void CheckName(string name)
    {
        if (name.Length == 0) throw PlatformException.Invalid("name must not be empty.");
        if (Encoding.UTF8.GetByteCount(name) > NameSize) throw PlatformException.TooLong("name", $"{NameSize} bytes");
    }
}

/// <summary>A page of applications.</summary>
/// <param name="Applications">In the order of their ids.</param>
/// <param name="Next">What to request the next page with; empty on the last page.</param>
public sealed record ApplicationPage(IReadOnlyList<Application> Applications, string Next)
{
    /// <summary>The entries of the page that cannot be used.</summary>
    public IReadOnlyList<UnreadableApplication> Unreadable { get; init; } = [];
}

/// <summary>An entry in the platform's list of applications that cannot be used.</summary>
/// <param name="Id">Its id; null where it has none, or one that is not valid.</param>
/// <param name="Name">Its name; null where it has none.</param>
/// <param name="Fault">What is wrong with it. Holds no secret.</param>
public sealed record UnreadableApplication(AppId? Id, string? Name, string Fault)
{
    /// <summary>The name of this failure, as callers see it.</summary>
    public const string Problem = "unreadable-application";
}

/// <summary>An API token and when it was issued.</summary>
/// <param name="Token">The token.</param>
/// <param name="CreatedAt">When it was issued, to the millisecond.</param>
public sealed record IssuedToken(ApiToken Token, DateTimeOffset CreatedAt);
