using Gatehouse.Alerts;

namespace Gatehouse.Custody;

/// <summary>Turns custody events into alerts.</summary>
public static class CustodyAlerts
{
    /// <summary>An announcer that raises alerts in an outbox.</summary>
    public static CustodyAnnouncer To(AlertOutbox outbox) => (happened, cancellation) => outbox.RaiseAsync(Of(happened), cancellation);

    private static Alert Of(CustodyEvent happened)
    {
        var facts = new List<KeyValuePair<string, string>>();
        if (happened.Label is { } label) facts.Add(new("label", label));
        if (happened.TokenId is { } token) facts.Add(new("token_id", token));
        return new Alert(happened.Key, TypeOf(happened.Kind), happened.At, happened.Application, facts);
    }

    private static string TypeOf(CustodyEventKind kind) => kind switch
    {
        CustodyEventKind.TokenRotated => AlertTypes.TokenRotated,
        CustodyEventKind.TokenExpired => AlertTypes.TokenExpired,
        CustodyEventKind.RotationOverdue => AlertTypes.TokenOverdue,
        CustodyEventKind.MasterTokenRefused => AlertTypes.MasterTokenRefused,
        CustodyEventKind.TokensUnexplained => AlertTypes.TokensUnexplained,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
