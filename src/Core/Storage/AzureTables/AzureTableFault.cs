using System.Text.Json;
using Azure;
using Azure.Identity;
using Gatehouse.Common;

namespace Gatehouse.Storage.AzureTables;

/// <summary>
/// Explains Table Storage's failures to an operator: the status and the error's code, and nothing of a row.
/// </summary>
internal static class AzureTableFault
{
    /// <summary>Explains an exception; null where it does not come from Table Storage.</summary>
    public static StoreUnavailableException? Explain(Exception e, Uri account) => e switch
    {
        StoreUnavailableException known => known,
        RequestFailedException failed => new(Explain(failed, account)) { IsLasting = failed.Status is 401 or 403 or 404 },
        // Several retries failed, each in its own way. The last one describes the current state.
        AggregateException { InnerExceptions: [.., var last] } => Explain(last, account),
        CredentialUnavailableException =>
            new($"There is no credential for {account} here: no managed identity, or none configured.", e) { IsLasting = true },
        AuthenticationFailedException => new($"The credential for {account} is refused or has expired.", e) { IsLasting = true },
        OperationCanceledException => new($"{account} has not answered in time."),
        JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException
            or NotSupportedException or IOException => new($"{account} gave an answer that cannot be read: {e.GetType().Name}."),
        _ => null,
    };

    /// <summary>The answer to a commit was lost, and the rows do not show whether it was made.</summary>
    public static StoreUnavailableException Unknown(Uri account) =>
        new($"The answer of {account} to a commit was lost, and whether it was made is not known.");

    private static string Explain(RequestFailedException failed, Uri account) => failed.Status switch
    {
        0 => ConnectionFault.Explain($"{account}", failed.InnerException),
        401 or 403 => $"{account} refuses access ({Code(failed)}): is the key current, or has the identity the role "
            + "Storage Table Data Contributor?",
        429 or 503 => $"{account} throttles ({Code(failed)}).",
        _ => $"{account} answered with status {failed.Status} ({Code(failed)}).",
    };

    private static string Code(RequestFailedException failed) => failed.ErrorCode ?? "without a code";
}
