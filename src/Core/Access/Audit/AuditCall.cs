using System.Buffers;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;

namespace Gatehouse.Access.Audit;

/// <summary>One call as the audit trail tells it: who, by which role, what, and by which names it is found again.</summary>
public sealed record AuditCall
{
    /// <summary>The most characters of an operation's name.</summary>
    public const int OperationLength = 64;

    /// <summary>The most characters of a request id.</summary>
    public const int RequestIdLength = 64;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> OperationCharacters = SearchValues.Create(Letters);
    private static readonly SearchValues<char> RequestIdCharacters = SearchValues.Create(Letters + "0123456789-_.:");

    /// <summary>Tells a call.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="role">The role that the operation demands.</param>
    /// <param name="operation">The operation's name: 1 to 64 letters, as in <c>IssueToken</c>.</param>
    /// <param name="requestId">The request's id: 1 to 64 letters, digits and <c>- _ . :</c>.</param>
    /// <param name="idempotencyKey">What the client names the call by; null where it does not.</param>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public AuditCall(Caller caller, Role role, string operation, string requestId, IdempotencyKey? idempotencyKey = null)
    {
        if (role == Role.None) throw new ArgumentException("It is no role.", nameof(role));
        if (!Fits(operation, OperationLength, OperationCharacters)) throw new ArgumentException("It is no operation.", nameof(operation));
        if (!Fits(requestId, RequestIdLength, RequestIdCharacters)) throw new ArgumentException("It is no request id.", nameof(requestId));
        Caller = caller;
        Role = role;
        Operation = operation;
        RequestId = requestId;
        IdempotencyKey = idempotencyKey;
    }

    /// <summary>Who calls.</summary>
    public Caller Caller { get; }

    /// <summary>The role that the operation demands.</summary>
    public Role Role { get; }

    /// <summary>The operation's name.</summary>
    public string Operation { get; }

    /// <summary>The request's id.</summary>
    public string RequestId { get; }

    /// <summary>What the client names the call by; null where it does not.</summary>
    public IdempotencyKey? IdempotencyKey { get; }

    private static bool Fits(string text, int most, SearchValues<char> characters) =>
        text.Length >= 1 && text.Length <= most && !text.AsSpan().ContainsAnyExcept(characters);
}
