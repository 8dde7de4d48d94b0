namespace Gatehouse.Platform.Hosted;

/// <summary>Creates and lists the platform's applications, under the organization's credentials.</summary>
/// <remarks>Throws as <see cref="IPlatform"/> does, and <see cref="OrganizationCredentialsException"/>.</remarks>
internal interface IOrganizationApi
{
    /// <summary>Creates an application.</summary>
    Task<Application> CreateAsync(string name, CancellationToken cancellation);

    /// <summary>A page of applications.</summary>
    Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation);

    /// <summary>Deletes an application, where its own token cannot; false where this API cannot either.</summary>
    Task<bool> TryDeleteAsync(AppId application, CancellationToken cancellation);
}
