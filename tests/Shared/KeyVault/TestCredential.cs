using System.Collections.Concurrent;
using Azure.Core;
using Azure.Identity;

namespace Gatehouse.Tests.KeyVault;

/// <summary>An identity whose tokens the double accepts.</summary>
internal sealed class TestCredential : TokenCredential
{
    private readonly ConcurrentDictionary<string, bool> issued = new();

    /// <summary>Thrown instead of giving a token.</summary>
    public AuthenticationFailedException? Failure { get; set; }

    /// <summary>How many tokens were given.</summary>
    public int Issued => issued.Count;

    /// <summary>The scopes that the last token was asked for.</summary>
    public string[] Scopes { get; private set; } = [];

    /// <summary>The lifetime of the tokens.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Makes all tokens so far invalid.</summary>
    public void Revoke() => issued.Clear();

    /// <summary>Whether an Authorization header holds a token that was given.</summary>
    public bool IsGood(string? header) => header is not null && issued.ContainsKey(header["Bearer ".Length..]);

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        if (Failure is not null) throw Failure;
        Scopes = requestContext.Scopes;
        var token = $"token-{Guid.NewGuid():N}";
        issued[token] = true;
        return new AccessToken(token, DateTimeOffset.UtcNow + Lifetime);
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
