using System.Text.Json;
using Azure;
using Azure.Identity;

namespace Gatehouse.Storage.AzureTables;

/// <summary>
/// What is wrong when Table Storage does not do what it was asked, in words for an operator: the status and the error's
/// code, and nothing of a row.
/// </summary>
internal static class AzureTableFault
{
    /// <summary>The explanation of an exception; null where it is not Table Storage's.</summary>
    public static StoreUnavailableException? Explain(Exception e, Uri account) => e switch
    {
        StoreUnavailableException known => known,
        RequestFailedException failed => new(Explain(failed, account)),
        // Several retries failed, each in its own way: the last one says how it stands now.
        AggregateException { InnerExceptions: [.., var last] } => Explain(last, account),
        CredentialUnavailableException =>
            new($"There is no credential for {account} here: no managed identity, or none configured.", e),
        AuthenticationFailedException => new($"The credential for {account} is refused or has expired.", e),
        OperationCanceledException => new($"{account} has not answered in time."),
        JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException
            or NotSupportedException or IOException => new($"{account} gave an answer that cannot be read: {e.GetType().Name}."),
        _ => null,
    };

    /// <summary>A commit's answer was lost, and its rows do not tell.</summary>
    public static StoreUnavailableException Unknown(Uri account) =>
        new($"The answer of {account} to a commit was lost, and whether it was made is not known.");

    private static string Explain(RequestFailedException failed, Uri account) => failed.Status switch
    {
        0 => $"{account} cannot be reached.",
        401 or 403 => $"{account} refuses access ({Code(failed)}): is the key current, or has the identity the role "
            + "Storage Table Data Contributor?",
        429 or 503 => $"{account} throttles ({Code(failed)}).",
        _ => $"{account} answered with status {failed.Status} ({Code(failed)}).",
    };

    private static string Code(RequestFailedException failed) => failed.ErrorCode ?? "without a code";
}
