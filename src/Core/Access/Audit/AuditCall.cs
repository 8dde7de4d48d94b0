using System.Buffers;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;

namespace Gatehouse.Access.Audit;

/// <summary>A call, as the audit trail records it: the caller, the role, the operation and the ids to find it by.</summary>
public sealed record AuditCall
{
    /// <summary>The most characters of an operation's name.</summary>
    public const int OperationLength = 64;

    /// <summary>The role of a call of the platform's own API with the organization's credentials.</summary>
    public const string Organization = "organization";

    /// <summary>The role of a call of the platform's own API with an API token.</summary>
    public const string ApiToken = "api-token";

    /// <summary>The most characters of a request id.</summary>
    public const int RequestIdLength = 64;

    // No other caller has such a name: configured names have no colon, and those of Entra ID begin with something else.
    private const string PlatformPrefix = "v3:";

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> OperationCharacters = SearchValues.Create(Letters);
    private static readonly SearchValues<char> RequestIdCharacters = SearchValues.Create(Letters + "0123456789-_.:");

    /// <summary>Creates the record of a call.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="role">The role that the operation requires.</param>
    /// <param name="operation">The operation's name: 1 to 64 letters, as in <c>IssueToken</c>.</param>
    /// <param name="requestId">The request's id: 1 to 64 letters, digits and <c>- _ . :</c>.</param>
    /// <param name="idempotencyKey">The client's idempotency key; null for none.</param>
    /// <exception cref="ArgumentException">One of the values is not valid.</exception>
    public AuditCall(Caller caller, Role role, string operation, string requestId, IdempotencyKey? idempotencyKey = null)
        : this(caller, RoleNames.NameOf(role), operation, requestId) => IdempotencyKey = idempotencyKey;

    private AuditCall(Caller caller, string role, string operation, string requestId)
    {
        if (!Fits(operation, OperationLength, OperationCharacters)) throw new ArgumentException("Not the name of an operation.", nameof(operation));
        if (!Fits(requestId, RequestIdLength, RequestIdCharacters)) throw new ArgumentException("Not a request id.", nameof(requestId));
        Caller = caller;
        Role = role;
        Operation = operation;
        RequestId = requestId;
    }

    /// <summary>A call of the platform's own API with the organization's credentials.</summary>
    /// <exception cref="ArgumentException">One of the values is not valid.</exception>
    public static AuditCall OfOrganization(string operation, string requestId) =>
        new(new Caller(PlatformPrefix + Organization, []), Organization, operation, requestId);

    /// <summary>A call of the platform's own API with an API token.</summary>
    /// <param name="token">The token. Its fingerprint is recorded; for the master token, only that it was the master token.</param>
    /// <param name="isMaster">Whether it is the application's master token.</param>
    /// <param name="operation">The operation's name.</param>
    /// <param name="requestId">The request's id.</param>
    /// <exception cref="ArgumentException">One of the values is not valid.</exception>
    public static AuditCall OfToken(Platform.ApiToken token, bool isMaster, string operation, string requestId) =>
        new(new Caller(PlatformPrefix + (isMaster ? "master-token" : $"token:{token.Fingerprint}"), []), ApiToken, operation, requestId);

    /// <summary>The caller.</summary>
    public Caller Caller { get; }

    /// <summary>The name of the role that the operation requires, or the kind of credential.</summary>
    public string Role { get; }

    /// <summary>The operation's name.</summary>
    public string Operation { get; }

    /// <summary>The request's id.</summary>
    public string RequestId { get; }

    /// <summary>The client's idempotency key; null for none.</summary>
    public IdempotencyKey? IdempotencyKey { get; }

    private static bool Fits(string text, int most, SearchValues<char> characters) =>
        text.Length >= 1 && text.Length <= most && !text.AsSpan().ContainsAnyExcept(characters);
}
