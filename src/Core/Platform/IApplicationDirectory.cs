namespace Gatehouse.Platform;

/// <summary>
/// Which applications there are here, for what is kept by an application's id and for what the platform signs: those of the
/// platform in this process, or those in custody where it is elsewhere.
/// </summary>
public interface IApplicationDirectory
{
    /// <summary>Whether there is an application.</summary>
    ValueTask<bool> ExistsAsync(AppId id, CancellationToken cancellation);

    /// <summary>The master token of an application, with which the platform signs webhooks; null where there is none.</summary>
    ValueTask<ApiToken?> FindMasterTokenAsync(AppId id, CancellationToken cancellation);
}
