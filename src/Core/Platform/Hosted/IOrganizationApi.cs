namespace Gatehouse.Platform.Hosted;

/// <summary>How the platform's applications are created and listed, under the organization's credentials.</summary>
/// <remarks>As <see cref="IPlatform"/>, and <see cref="OrganizationCredentialsException"/>.</remarks>
internal interface IOrganizationApi
{
    /// <summary>Creates an application.</summary>
    Task<Application> CreateAsync(string name, CancellationToken cancellation);

    /// <summary>A page of applications.</summary>
    Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation);

    /// <summary>Deletes an application, where the platform does not do so for the application's own token; false where it is
    /// not done here either.</summary>
    Task<bool> TryDeleteAsync(AppId application, CancellationToken cancellation);
}
