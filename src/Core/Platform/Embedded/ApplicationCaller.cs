using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// A caller with a valid API token. Only <see cref="ApplicationAccess"/> creates one, so code that takes one cannot be
/// reached without a token.
/// </summary>
public sealed class ApplicationCaller
{
    private readonly ReadApplication read;

    internal ApplicationCaller(ReadApplication read, ApiToken token, int position)
    {
        this.read = read;
        Token = token;
        Position = position;
    }

    /// <summary>The application that the token belongs to.</summary>
    public AppId Application => Record.Id;

    /// <summary>The token that was presented.</summary>
    public ApiToken Token { get; }

    /// <summary>Whether it is the application's master token.</summary>
    public bool IsMaster => Position == 0;

    internal ApplicationRecord Record => read.Record;

    /// <summary>The token's position in the application's list.</summary>
    internal int Position { get; }

    /// <summary>
    /// What an answer makes of the application. It is kept until the application changes, for the callers with any of its tokens, so
    /// it must hold nothing of this caller. One thing is kept.
    /// </summary>
    /// <param name="make">Makes it.</param>
    public T Keep<T>(Func<Application, T> make) where T : class =>
        read.Made as T ?? (T)(read.Made = make(EmbeddedApplications.View(this)));
}

/// <summary>An application as it was read, and what was made of it.</summary>
internal sealed class ReadApplication(ApplicationRecord record)
{
    public ApplicationRecord Record => record;

    public object? Made { get; set; }

    public static ReadApplication Of(TableRow row) => new(ApplicationRecord.Read(row));
}
