namespace Gatehouse.Archive;

/// <summary>How the archive is filled.</summary>
public sealed record ArchiveSettings
{
    /// <summary>The source of the counts, as it is stored: one of <see cref="CountSources"/>.</summary>
    public string Source { get; init; } = CountSources.Embedded;

    /// <summary>
    /// Whether the webhooks' counts are stored beside the platform's, and compared with them. With the embedded platform
    /// they are the same counts.
    /// </summary>
    public bool KeepsWebhookCounts { get; init; }

    /// <summary>
    /// How many applications are read at the same time. With a platform that answers in 50 ms, 32 at once take 16 s for
    /// 10,000 applications. Each application has its own address at the hosted service, and its own rate limit.
    /// </summary>
    public int ApplicationsAtOnce { get; init; } = 32;

    /// <summary>How long to wait for one answer of the platform.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a run stores its progress.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this time without progress, a run counts as interrupted.</summary>
    public TimeSpan InterruptedAfter { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>The sources of archived counts.</summary>
public static class CountSources
{
    /// <summary>The embedded platform: what Gatehouse itself counted.</summary>
    public const string Embedded = "embedded";

    /// <summary>The hosted platform.</summary>
    public const string Hosted = "hosted";
}
