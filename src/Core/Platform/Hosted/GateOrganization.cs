namespace Gatehouse.Platform.Hosted;

/// <summary>The service's current organization API. Its paging is not documented: a <c>next</c> is followed.</summary>
internal sealed class GateOrganization(
    HostedClient client, HostedAddress address, string? regionKey, OrganizationCredentials credentials, TimeProvider time)
    : IOrganizationApi
{
    /// <summary>The header that the organization's token is sent in.</summary>
    public const string TokenHeader = "SENDBIRDORGANIZATIONAPITOKEN";

    private const string Path = "/applications";

    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        credentials.UseAsync(
            async credential =>
            {
                var creation = HostedContent.Json(new GateCreation(name, regionKey), HostedJson.Default.GateCreation);
                var answer = await client.SendAsync(HostedRequest.Post("create application", address, Path, credential, creation), cancellation);
                return ApplicationJson.Application(answer, time.GetUtcNow());
            },
            cancellation);

    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) =>
        credentials.UseAsync(
            async credential =>
            {
                var path = string.IsNullOrEmpty(pageToken) ? Path : $"{Path}?token={Uri.EscapeDataString(pageToken)}";
                var answer = await client.SendAsync(HostedRequest.Get("list applications", address, path, credential), cancellation);
                return ApplicationJson.Page(answer, pageToken, time.GetUtcNow());
            },
            cancellation);

    public Task<bool> TryDeleteAsync(AppId application, CancellationToken cancellation) =>
        credentials.UseAsync(
            async credential =>
            {
                var deletion = HostedRequest.Delete("delete application", address, $"{Path}/{application}", credential, RetryMode.Never);
                await client.SendAsync(deletion, cancellation);
                return true;
            },
            cancellation);
}
