namespace Gatehouse.Custody.Applications;

/// <summary>Identifies a call that creates an application.</summary>
/// <param name="Id">The same for each repetition of the call, and for no other call.</param>
/// <param name="TriedSince">When the call was first tried; null if this is the first time.</param>
public readonly record struct CreationCall(string Id, DateTimeOffset? TriedSince)
{
    /// <summary>A call that is not repeated.</summary>
    public static CreationCall Once() => new(Guid.NewGuid().ToString("N"), null);
}
