namespace Gatehouse.Alerts;

/// <summary>Who is told of alerts.</summary>
/// <param name="Url">The address that they are posted to.</param>
/// <param name="Secrets">What they are signed with: the current secret, and the previous one while it is being replaced.</param>
public sealed record AlertReceiver(Uri Url, IReadOnlyList<AlertSecret> Secrets)
{
    /// <summary>The host: a path may hold a secret of the receiver's.</summary>
    public override string ToString() => Url.Host;
}

/// <summary>How alerts are kept and delivered.</summary>
public sealed record AlertSettings
{
    /// <summary>Who is told; null for nobody: then alerts are logged and kept, and not sent when there is somebody.</summary>
    public AlertReceiver? Receiver { get; init; }

    /// <summary>How long an alert is remembered, so that its cause, seen again, is not told again.</summary>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long the receiver may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The waits between tries, some more or less at random; after the last one it is given up. The first is longer than
    /// <see cref="Timeout"/>, so that no second try begins during the first. They follow Standard Webhooks'.
    /// </summary>
    public IReadOnlyList<TimeSpan> Waits { get; init; } =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];
}
