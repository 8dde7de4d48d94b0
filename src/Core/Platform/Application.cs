namespace Gatehouse.Platform;

/// <summary>An application of the platform (wire contract, "Application").</summary>
/// <param name="Id">Its unique id.</param>
/// <param name="Name">Its name: 1 to 128 bytes of UTF-8.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Token">The API token that the representation shows: the master token to whoever creates or lists
/// applications, otherwise the token that asked.</param>
public sealed record Application(AppId Id, string Name, DateTimeOffset CreatedAt, ApiToken Token);

/// <summary>A page of applications.</summary>
/// <param name="Applications">In the order of their ids.</param>
/// <param name="Next">What to ask the next page with; empty on the last page.</param>
public sealed record ApplicationPage(IReadOnlyList<Application> Applications, string Next);

/// <summary>An API token and when it was issued.</summary>
/// <param name="Token">The token.</param>
/// <param name="CreatedAt">When it was issued, to the millisecond.</param>
public sealed record IssuedToken(ApiToken Token, DateTimeOffset CreatedAt);
