namespace Gatehouse.Alerts;

/// <summary>Something that people outside are told of. It holds no secret.</summary>
/// <param name="Key">The same for the same event, however often its cause is seen and whoever sees it.</param>
/// <param name="Type">What kind of event, of <see cref="AlertTypes"/>.</param>
/// <param name="At">When it was first seen.</param>
/// <param name="Application">The application that it is about.</param>
/// <param name="Facts">What else is to be said, by names in snake_case: ids, times in RFC 3339, numbers; nothing that is
/// secret.</param>
public sealed record Alert(
    string Key, string Type, DateTimeOffset At, AppId Application, IReadOnlyList<KeyValuePair<string, string>> Facts);
