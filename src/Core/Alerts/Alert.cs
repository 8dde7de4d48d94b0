namespace Gatehouse.Alerts;

/// <summary>An event that operators are told about. It holds no secret.</summary>
/// <param name="Key">Identifies the event: the same key, however often and by whichever instance the event is seen.</param>
/// <param name="Type">The kind of event, one of <see cref="AlertTypes"/>.</param>
/// <param name="At">When it was first seen.</param>
/// <param name="Application">The application concerned.</param>
/// <param name="Facts">More facts, by names in snake_case: ids, times in RFC 3339, numbers. Never a secret.</param>
public sealed record Alert(
    string Key, string Type, DateTimeOffset At, AppId Application, IReadOnlyList<KeyValuePair<string, string>> Facts);
