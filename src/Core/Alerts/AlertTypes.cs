namespace Gatehouse.Alerts;

/// <summary>The types of alerts.</summary>
public static class AlertTypes
{
    /// <summary>A token was replaced by a new one.</summary>
    public const string TokenRotated = "token.rotated";

    /// <summary>A token was revoked at the end of its lease.</summary>
    public const string TokenExpired = "token.expired";

    /// <summary>A token should have been rotated more than one period ago.</summary>
    public const string TokenOverdue = "token.overdue";

    /// <summary>After a crash, several tokens appeared of which at most one is ours. An operator must look.</summary>
    public const string TokensUnexplained = "tokens.unexplained";

    /// <summary>The platform refuses the master token that the vault holds.</summary>
    public const string MasterTokenRefused = "master_token.refused";

    /// <summary>A push credential expires in 30, 7 or 1 days.</summary>
    public const string PushCredentialExpiring = "push_credential.expiring";

    /// <summary>A push credential has expired.</summary>
    public const string PushCredentialExpired = "push_credential.expired";

    /// <summary>The archive could not be filled for an application.</summary>
    public const string ArchiveGap = "archive.gap";

    /// <summary>For a final day, the counts of the platform and of the webhooks differ by more than 1 %.</summary>
    public const string ArchiveDifference = "archive.difference";
}
