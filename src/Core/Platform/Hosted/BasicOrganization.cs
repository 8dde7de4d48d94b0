using System.Globalization;

namespace Gatehouse.Platform.Hosted;

/// <summary>The contract's dialect: <c>/applications</c> under HTTP Basic.</summary>
internal sealed class BasicOrganization(HostedClient client, HostedAddress address, OrganizationCredentials credentials, TimeProvider time)
    : IOrganizationApi
{
    private const string Path = "/applications";

    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        credentials.UseAsync(
            async credential =>
            {
                var creation = HostedContent.Json(new BasicCreation(name), HostedJson.Default.BasicCreation);
                var answer = await client.SendAsync(HostedRequest.Post("create application", address, Path, credential, creation), cancellation);
                return ApplicationJson.Application(answer, time.GetUtcNow());
            },
            cancellation);

    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) =>
        credentials.UseAsync(
            async credential =>
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"{Path}?limit={limit}");
                if (!string.IsNullOrEmpty(pageToken)) path += $"&token={Uri.EscapeDataString(pageToken)}";
                var answer = await client.SendAsync(HostedRequest.Get("list applications", address, path, credential), cancellation);
                return ApplicationJson.Page(answer, pageToken, time.GetUtcNow());
            },
            cancellation);

    // HTTP Basic can delete all applications, but not one.
    public Task<bool> TryDeleteAsync(AppId application, CancellationToken cancellation) => Task.FromResult(false);
}
