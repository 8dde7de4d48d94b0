namespace Gatehouse.Platform;

/// <summary>
/// Finds applications by id: those of the embedded platform, or those in custody where the platform is hosted.
/// </summary>
public interface IApplicationDirectory
{
    /// <summary>Whether the application exists.</summary>
    ValueTask<bool> ExistsAsync(AppId id, CancellationToken cancellation);

    /// <summary>
    /// The master token of an application, which the platform signs webhooks with; null where there is no such application.
    /// </summary>
    ValueTask<ApiToken?> FindMasterTokenAsync(AppId id, CancellationToken cancellation);
}
