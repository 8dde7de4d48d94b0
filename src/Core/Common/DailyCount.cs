namespace Gatehouse.Common;

/// <summary>The number of messages of one day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Messages">How many messages were sent on that day.</param>
public readonly record struct DailyCount(DateOnly Day, long Messages);
