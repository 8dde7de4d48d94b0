namespace Gatehouse.Platform.Embedded;

/// <summary>
/// A caller with a valid API token. Only <see cref="ApplicationAccess"/> creates one, so code that takes one cannot be
/// reached without a token.
/// </summary>
public sealed class ApplicationCaller
{
    internal ApplicationCaller(ApplicationRecord record, ApiToken token, int position)
    {
        Record = record;
        Token = token;
        Position = position;
    }

    /// <summary>The application that the token belongs to.</summary>
    public AppId Application => Record.Id;

    /// <summary>The token that was presented.</summary>
    public ApiToken Token { get; }

    /// <summary>Whether it is the application's master token.</summary>
    public bool IsMaster => Position == 0;

    internal ApplicationRecord Record { get; }

    /// <summary>The token's position in the application's list.</summary>
    internal int Position { get; }
}
