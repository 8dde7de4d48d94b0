namespace Gatehouse.Alerts;

/// <summary>Where alerts are sent to.</summary>
/// <param name="Url">The address that they are posted to.</param>
/// <param name="Secrets">What they are signed with: the current secret, and also the previous one during a rotation.</param>
public sealed record AlertReceiver(Uri Url, IReadOnlyList<AlertSecret> Secrets)
{
    /// <summary>The host only: the path may hold a secret of the receiver.</summary>
    public override string ToString() => Url.Host;
}

/// <summary>How alerts are stored and delivered.</summary>
public sealed record AlertSettings
{
    /// <summary>
    /// The receiver. Null for none: alerts are then logged and stored, and are not sent if a receiver is configured later.
    /// </summary>
    public AlertReceiver? Receiver { get; init; }

    /// <summary>How long an alert is remembered, so that the same event is not reported again.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long the receiver may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The waits between attempts, each ten percent more or less at random. After the last one the alert is abandoned. The
    /// first wait is longer than <see cref="Timeout"/>, so that no second attempt begins during the first. The schedule
    /// follows Standard Webhooks.
    /// </summary>
    public IReadOnlyList<TimeSpan> Waits { get; init; } =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];
}
