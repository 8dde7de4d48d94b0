using System.Text.Json;
using Gatehouse.Common;
using Gatehouse.Secrets;

namespace Gatehouse.Platform.Hosted;

/// <summary>The hosted platform: the service, or another Gatehouse.</summary>
/// <remarks>
/// Timeouts and retries: <see cref="HostedTimeouts"/>, <see cref="HostedClient"/>. After an interrupted request, custody
/// finds out whether a token was issued, the sync whether an application was created, and this class whether a push
/// configuration was added.
/// </remarks>
/// <exception cref="OrganizationCredentialsException">From creating and listing applications.</exception>
/// <exception cref="VaultException">From the same, where the vault cannot answer.</exception>
public sealed class HostedPlatform : IPlatform, IDisposable
{
    /// <summary>The path of an application's tokens.</summary>
    internal const string Tokens = "/applications/api_tokens";

    private const int MostIdCharacters = 128;
    private const int CachedAddresses = 4096;

    private readonly HostedSettings settings;
    private readonly TimeProvider time;
    private readonly HostedClient client;
    private readonly IOrganizationApi organization;
    private readonly HostedAddress? shared;
    private readonly GenerationCache<AppId, HostedAddress> addresses = new(CachedAddresses);

    /// <summary>A platform at the settings' addresses, with the organization's credentials from a vault.</summary>
    public HostedPlatform(HostedSettings settings, ISecretVault vault, TimeProvider time, HostObserver? observe = null)
        : this(settings, vault, time, observe, network: null)
    {
    }

    internal HostedPlatform(
        HostedSettings settings, ISecretVault vault, TimeProvider time, HostObserver? observe, HttpMessageHandler? network)
    {
        this.settings = settings;
        this.time = time;
        client = new HostedClient(settings, time, observe, network);
        if (!settings.ApplicationUrl.NamesApplication) shared = client.AddressOf(settings.ApplicationUrl.ToString(), HostedAddress.ApplicationSetting);
        var address = client.AddressOf(settings.OrganizationUrl.ToString(), HostedAddress.OrganizationSetting);
        organization = settings.Dialect == OrganizationDialect.Basic
            ? new BasicOrganization(client, address, OrganizationCredentials.Basic(vault, time), time)
            : new GateOrganization(
                client, address, settings.RegionKey, OrganizationCredentials.Token(vault, time, GateOrganization.TokenHeader), time);
    }

    /// <inheritdoc/>
    public Task<Application> CreateAsync(string name, CancellationToken cancellation) =>
        organization.CreateAsync(name, cancellation);

    /// <inheritdoc/>
    public Task<ApplicationPage> ListAsync(int limit, string? pageToken, CancellationToken cancellation) =>
        organization.ListAsync(limit, pageToken, cancellation);

    /// <inheritdoc/>
    public async Task<Application> ViewAsync(ApplicationCredential credential, CancellationToken cancellation)
    {
        var body = await GetAsync("view application", credential, "/applications/info", cancellation);
        return new Application(
            ResponseJson.Application(body.Member("app_id")), ApplicationJson.Name(body),
            ApplicationJson.CreatedAt(body, time.GetUtcNow()),
            ApiToken.TryParse(body.Member("api_token").Text("token")) ?? credential.Token);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(ApplicationCredential credential, CancellationToken cancellation)
    {
        try
        {
            // Never retried: once the application is gone, its token does not reliably say so.
            await client.SendAsync(
                HostedRequest.Delete(
                    "delete application", AddressOf(credential.Application), "/applications", HostedCredential.Of(credential), RetryMode.Never),
                cancellation);
        }
        catch (PlatformException e) when (e.Code == PlatformException.NoSuchUrlCode)
        {
            if (!await organization.TryDeleteAsync(credential.Application, cancellation)) throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IssuedToken> IssueTokenAsync(ApplicationCredential master, CancellationToken cancellation) => Issued(
        await client.SendAsync(
            HostedRequest.Post(
                "issue token", AddressOf(master.Application), Tokens, HostedCredential.Of(master), HostedContent.Empty), cancellation),
        time.GetUtcNow());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssuedToken>> ListTokensAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        var body = await GetAsync("list tokens", master, Tokens, cancellation);
        var issued = new List<IssuedToken>(ApiToken.MostSecondary);
        // A token without a time of issue is assumed to be old.
        foreach (var one in body.List("api_tokens")) issued.Add(Issued(one, DateTimeOffset.UnixEpoch));
        return issued;
    }

    /// <inheritdoc/>
    public Task RevokeTokenAsync(ApplicationCredential master, ApiToken token, CancellationToken cancellation) => client.SendAsync(
        HostedRequest.Delete(
            "revoke token", AddressOf(master.Application), $"{Tokens}/{token.Reveal()}", HostedCredential.Of(master), RetryMode.UntilGone) with
        {
            Secrets = [token.Reveal()],
        },
        cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> AddPushConfigurationsAsync(
        ApplicationCredential credential, PushRegistration registration, CancellationToken cancellation)
    {
        var type = HostedPush.TypeOf(registration);
        var addition = HostedRequest.Post(
            "add push configuration", AddressOf(credential.Application), HostedPush.PathOf(type), HostedCredential.Of(credential),
            HostedContent.Of(registration));
        try
        {
            return HostedPush.Ids(await client.SendAsync(addition with { Secrets = HostedPush.SecretsOf(registration) }, cancellation));
        }
        catch (PlatformException e) when (!e.IsRefusal)
        {
            // If what was requested is there, it was done; otherwise the failure stands.
            if (await FindAsync(credential, registration, type, cancellation) is { } found) return found;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PushConfiguration>> ListPushConfigurationsAsync(
        ApplicationCredential credential, PushType type, CancellationToken cancellation) =>
        HostedPush.List(await GetAsync("list push configurations", credential, HostedPush.PathOf(type), cancellation), type);

    /// <inheritdoc/>
    public Task DeletePushConfigurationAsync(
        ApplicationCredential credential, PushType type, string id, CancellationToken cancellation)
    {
        // An invalid id must not change the path.
        if (id.Length is 0 or > MostIdCharacters || !id.All(char.IsAsciiLetterOrDigit))
            throw PlatformException.NotFound("Push configuration");
        return client.SendAsync(
            HostedRequest.Delete(
                "delete push configuration", AddressOf(credential.Application), $"{HostedPush.PathOf(type)}/{id}",
                HostedCredential.Of(credential), RetryMode.UntilGone),
            cancellation);
    }

    /// <inheritdoc/>
    public Task<long> ViewCcuAsync(ApplicationCredential credential, CancellationToken cancellation) =>
        CountAsync(credential, "/applications/ccu", "ccu", cancellation);

    /// <inheritdoc/>
    public Task<long> ViewMauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        CountAsync(credential, $"/applications/mau?date={IsoDate.Text(day)}", "mau", cancellation);

    /// <inheritdoc/>
    public Task<long> ViewDauAsync(ApplicationCredential credential, DateOnly day, CancellationToken cancellation) =>
        CountAsync(credential, $"/applications/dau?date={IsoDate.Text(day)}", "dau", cancellation);

    /// <inheritdoc/>
    public async Task<DailyCountAnswer> ViewDailyCountsAsync(
        ApplicationCredential credential, DateOnly from, DateOnly to, CancellationToken cancellation)
    {
        var path = $"/applications/messages/daily_count?start_date={IsoDate.Text(from)}&end_date={IsoDate.Text(to)}";
        var counts = (await GetAsync("view daily counts", credential, path, cancellation)).Member("message_count");
        if (!ResponseJson.IsNothing(counts) && counts.ValueKind != JsonValueKind.Object)
            throw HostedFaults.Malformed("message_count is no object");
        var days = new List<DailyCount>(to.DayNumber - from.DayNumber + 1);
        var unreadable = new List<DateOnly>();
        for (var day = to; ; day = day.AddDays(-1))
        {
            var count = counts.Member(IsoDate.Text(day));
            if (ResponseJson.Int64(count) is >= 0 and var messages) days.Add(new DailyCount(day, messages));
            else if (!ResponseJson.IsNothing(count)) unreadable.Add(day);
            if (day == from) return new DailyCountAnswer(days, unreadable);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => client.Dispose();

    private HostedAddress AddressOf(AppId application)
    {
        if (shared is not null) return shared;
        if (!addresses.TryGet(application, out var address))
            addresses.Set(application, address = client.AddressOf(settings.ApplicationUrl.For(application), HostedAddress.ApplicationSetting));
        return address;
    }

    private Task<JsonElement> GetAsync(
        string operation, ApplicationCredential credential, string path, CancellationToken cancellation) =>
        client.SendAsync(HostedRequest.Get(operation, AddressOf(credential.Application), path, HostedCredential.Of(credential)), cancellation);

    private async Task<long> CountAsync(
        ApplicationCredential credential, string path, string name, CancellationToken cancellation) =>
        ResponseJson.Count((await GetAsync($"view {name}", credential, path, cancellation)).Member(name), name);

    private async Task<IReadOnlyList<string>?> FindAsync(
        ApplicationCredential credential, PushRegistration registration, PushType type, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(settings.Timeouts.Try, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return HostedPush.Find(
                registration, await ListPushConfigurationsAsync(credential, type, either.Token), time.GetUtcNow());
        }
        catch (Exception e) when (e is PlatformException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private static IssuedToken Issued(JsonElement body, DateTimeOffset unlessSaid) =>
        new(ResponseJson.Token(body), ResponseJson.Time(body.Member("created_at")) ?? unlessSaid);
}
