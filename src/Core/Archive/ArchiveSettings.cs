namespace Gatehouse.Archive;

/// <summary>How the archive is filled.</summary>
public sealed record ArchiveSettings
{
    /// <summary>Where the counts come from, as rows say it: one of <see cref="CountSources"/>.</summary>
    public string Source { get; init; } = CountSources.Embedded;

    /// <summary>
    /// Whether what webhooks told of is kept beside the platform's count and compared with it. Before the embedded platform
    /// they are the same.
    /// </summary>
    public bool KeepsWebhookCounts { get; init; }

    /// <summary>
    /// How many applications are asked for at the same time. With an upstream that answers in 50 ms, 32 at once take 16 s for
    /// 10,000 applications; each is another address of the hosted service's, whose rate limits are an application's own.
    /// </summary>
    public int ApplicationsAtOnce { get; init; } = 32;

    /// <summary>How long the platform has for one answer.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a run notes how far it has got.</summary>
    public TimeSpan NoteEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run says nothing until it is taken for cut off.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>Where an archived count comes from.</summary>
public static class CountSources
{
    /// <summary>The embedded platform: what Gatehouse itself counted.</summary>
    public const string Embedded = "embedded";

    /// <summary>The hosted platform.</summary>
    public const string Hosted = "hosted";
}
