using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Observability;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Gatehouse.Usage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosted;

/// <summary>
/// The differences of hosted mode. On the server only: they are settings and Core, the same on both heads, and the Functions
/// head has <see cref="Ops.HostedFacadeStory"/>.
/// </summary>
public sealed class HostedModeTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private RunningGatehouse platform = null!;

    public async Task InitializeAsync() => platform = await RunningGatehouse.StartAsync(clock: clock);

    public async Task DisposeAsync() => await platform.DisposeAsync();

    [Fact]
    public async Task The_platform_s_routes_are_404_with_any_credentials()
    {
        await using var facade = await StartAsync();
        var routes = FunctionRoute.All.Where(route => route.Route.StartsWith("v3", StringComparison.Ordinal) || route.Name == FunctionRoute.Unknown);
        foreach (var route in routes)
        {
            var method = route.Method.Length > 0 ? new HttpMethod(route.Method) : HttpMethod.Get;
            var path = "/" + route.Route.Replace("{*path}", "nothing", StringComparison.Ordinal).Replace('{', 'x').Replace('}', 'x');
            foreach (var credential in (Credential[])[Credential.None, platform.Api.Organization, Credential.Token(new string('0', 40))])
                (await facade.Api.SendAsync(method, path, credential)).Refused(400404, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Without_the_organization_s_credentials_only_creating_and_listing_are_problems()
    {
        var application = await platform.Api.CreateApplicationAsync("Harbour");
        await using var facade = await StartAsync(hasCredentials: false);
        (await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""))
            .Problem(HttpStatusCode.Conflict, "organization-credentials-missing");
        (await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops))
            .Problem(HttpStatusCode.Conflict, "organization-credentials-missing");

        var path = $"/ops/v1/applications/{application.Id}";
        var vault = facade.Services.GetRequiredService<ISecretVault>();
        await vault.SetAsync($"master-token-{application.Id}", application.Master.Value, default);
        (await facade.Api.SendAsync(HttpMethod.Put, path, Credential.Ops)).Created();
        Assert.Equal(HttpStatusCode.Created, (await facade.Api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""")).Status);
        Assert.Equal(1, (await facade.Api.GetAsync(path, Credential.Ops)).Ok().GetProperty("token_slots").GetProperty("used").GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, (await facade.Api.DeleteAsync($"{path}?confirm=Harbour", Credential.Ops)).Status);
        (await platform.Api.GetAsync("/v3/applications/info", application.Master)).Refused(400304);
        Assert.Null(await vault.GetAsync("organization-user", default));
    }

    [Fact]
    public async Task Credentials_that_are_refused_are_a_problem_of_their_own()
    {
        await using var facade = await StartAsync();
        await facade.Services.GetRequiredService<ISecretVault>().SetAsync("platform-organization-password", "wrong", default);
        (await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""))
            .Problem(HttpStatusCode.Conflict, "organization-credentials-refused");
    }

    [Fact]
    public async Task The_adopting_timer_says_once_that_it_has_no_credentials()
    {
        using var logs = new RecordedLogs();
        await using var facade = await StartAsync(hasCredentials: false, logs);
        var timer = new AdoptApplications(facade.Services.GetRequiredService<ApplicationSync>(), facade.Services.GetRequiredService<CustodyLog>());
        for (var run = 0; run < 3; run++) await timer.RunAsync(default);
        Assert.Single(logs.Lines, line => line.Contains("platform-organization-user", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_signed_with_the_master_token_in_custody_counts_here()
    {
        await using var facade = await StartAsync();
        var (id, path) = await CreateAsync(facade);
        var master = (await facade.Services.GetRequiredService<ISecretVault>().GetAsync($"master-token-{id}", default))!.Reveal();
        var sent = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var body = $$$"""{"category":"group_channel:message_send","sender":{"user_id":"Jeff"},"payload":{"message_id":1,"created_at":{{{sent}}}},"channel":{"channel_url":"c"}}""";

        (await SendAsync(id, body, master)).Ok();
        (await SendAsync(id, body, new string('0', 40))).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SendAsync(AppId.Generate().ToString(), body, master)).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var count = Assert.Single(await facade.Services.GetRequiredService<UsageStatistics>()
            .DailyCountsAsync(AppId.TryParse(id)!.Value, today, today, default));
        Assert.Equal(1, count.Messages);

        // The platform has its own counts.
        Assert.Equal(0, (await facade.Api.GetAsync(path, Credential.Ops)).Ok().GetProperty("dau").GetInt64());
        await facade.Services.GetRequiredService<ISecretVault>().DeleteAsync($"master-token-{id}", default);
        clock.Advance(VaultCredential.CacheTime);
        (await SendAsync(id, body, master)).Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        async Task<Answer> SendAsync(string application, string text, string key)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/{application}") { Content = new ByteArrayContent(bytes) };
            request.Headers.Add("x-sendbird-signature", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), bytes)));
            return await facade.Api.SendAsync(request);
        }
    }

    [Fact]
    public async Task Usage_is_accepted_for_applications_in_custody()
    {
        await using var facade = await StartAsync();
        var (id, path) = await CreateAsync(facade);
        (await facade.Api.GetAsync($"{path}/limits", Credential.Ops)).Ok();
        (await facade.Api.RecordAsync(new CreatedApplication(id, Credential.None), """{"type":"connections","node":"chat-1","count":1}""")).Ok();
        var outside = await platform.Api.CreateApplicationAsync();
        (await facade.Api.GetAsync($"/ops/v1/applications/{outside.Id}/limits", Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-application");
    }

    [Fact]
    public async Task The_banner_names_the_platform_and_its_first_call_works_unchanged()
    {
        using var folder = new TemporaryFolder();
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]), ("Platform__Mode", "hosted"));
        await process.AddressAsync();
        var greeting = await process.OutputAsync("first call");
        Assert.Contains("https://api-{application_id}.sendbird.com/v3", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain("password", greeting, StringComparison.Ordinal);

        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", greeting.Split("first call").Last().Trim()]) { RedirectStandardOutput = true })!;
        Assert.Equal("""{"applications":[],"next":""}""", await shell.StandardOutput.ReadToEndAsync());
    }

    [Fact]
    public async Task The_data_folder_of_an_embedded_platform_is_warned_of_and_kept()
    {
        using var folder = new TemporaryFolder();
        var (embedded, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (embedded)
        using (api)
        {
            await api.CreateApplicationAsync("Harbour");
            await embedded.KillAsync();
        }
        using (var hosted = GatehouseProcess.Start(("Storage__Path", folder["data"]), ("Platform__Mode", "Hosted")))
        {
            Assert.Contains(folder["data"], await hosted.OutputAsync("holds applications of an embedded platform"), StringComparison.Ordinal);
            await hosted.KillAsync();
        }
        var (again, restored) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (again)
        using (restored) Assert.Equal(1, (await restored.GetAsync("/v3/applications", restored.Organization)).Ok().GetProperty("applications").GetArrayLength());
    }

    [Theory]
    [InlineData("Gate", "/v3", "Platform__OrganizationUrl")]
    [InlineData("Gate", "/v3/applications", "Platform__OrganizationUrl")]
    [InlineData("Gate", "", "Platform__OrganizationUrl")]
    [InlineData("Basic", "", "Platform__OrganizationUrl")]
    [InlineData("Basic", "/v3/applications/applications", "Platform__OrganizationUrl")]
    [InlineData("Basic", "/health/live", "Platform__OrganizationUrl")]
    public async Task A_wrong_organization_address_is_not_the_caller_s_fault(string dialect, string path, string setting)
    {
        await using var facade = await StartAsync(
            settings: ["--Platform:OrganizationDialect", dialect, "--Platform:OrganizationUrl", $"{platform.Api.Address.ToString().TrimEnd('/')}{path}"]);
        await facade.Services.GetRequiredService<ISecretVault>().SetAsync("platform-organization-token", "abc", default);
        foreach (var answer in (Answer[])
                 [
                     await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""),
                     await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops),
                 ])
        {
            if (dialect == "Gate" && answer.Status == HttpStatusCode.Conflict) continue;
            answer.Problem(HttpStatusCode.BadGateway, "platform-refused");
            Assert.Contains($"An operator must check {setting}.", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/applications")]
    [InlineData("/applications/")]
    public async Task The_addresses_are_taken_with_and_without_the_resource(string end)
    {
        var address = $"{platform.Api.Address}v3{end}";
        await using var facade = await StartAsync(settings: ["--Platform:OrganizationUrl", address, "--Platform:ApplicationUrl", address]);
        var (_, path) = await CreateAsync(facade);
        (await facade.Api.GetAsync($"{path}/tokens", Credential.Ops)).Ok();
    }

    [Fact]
    public async Task A_wrong_application_address_is_not_the_caller_s_fault()
    {
        await using var facade = await StartAsync(settings: ["--Platform:ApplicationUrl", $"{platform.Api.Address}v4"]);
        var (_, path) = await CreateAsync(facade);
        var answer = await facade.Api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""");
        answer.Problem(HttpStatusCode.BadGateway, "platform-refused");
        Assert.Contains("An operator must check Platform__ApplicationUrl.", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Platform__Mode must be Embedded or Hosted", "Mode", "Elsewhere")]
    [InlineData("Platform__OrganizationUrl must be an address", "OrganizationUrl", "https://gate.sendbird.com/api/v2/applications?limit=10")]
    [InlineData("Platform__OrganizationUrl must be an address", "OrganizationUrl", "https://user:password@gate.sendbird.com/api/v2")]
    [InlineData("Platform__OrganizationUrl must be an address", "OrganizationUrl", "https://gate.sendbird.com/api/v2#applications")]
    [InlineData("Platform__OrganizationUrl must be an address", "OrganizationUrl", "gate.sendbird.com/api/v2")]
    [InlineData("Platform__OrganizationUrl must be an address", "OrganizationUrl", "")]
    [InlineData("Platform__Regin is not a setting", "Regin", "us-1")]
    [InlineData("Platform__ApplicationUrl must be an address", "ApplicationUrl", "http://api.sendbird.com/v3")]
    [InlineData("Platform__Region must be set, as Platform__ApplicationUrl holds", "ApplicationUrl", "https://{region_identifier}.sendbird.com/v3")]
    [InlineData("Platform__Region must be set, as Platform__OrganizationUrl holds", "OrganizationDialect", "basic")]
    [InlineData("Platform__OrganizationDialect must be Gate or Basic", "OrganizationDialect", "Both")]
    [InlineData("Platform__OrganizationUrl must not hold", "OrganizationUrl", "https://{application_id}.sendbird.com/v3")]
    [InlineData("Platform__Region must be letters", "Region", "us/1")]
    [InlineData("Platform__CallSeconds must be a number of seconds from 0.05 to 60", "CallSeconds", "61")]
    [InlineData("Platform__TrySeconds must be a number", "TrySeconds", "NaN")]
    [InlineData("Platform__TrySeconds must not be more than Platform__CallSeconds", "TrySeconds", "30")]
    [InlineData("Platform__Concurrency must be a number from 1 to 1024", "Concurrency", "0")]
    public void A_wrong_setting_is_named(string said, string name, string value) =>
        Assert.Contains(said, Refusal(("Platform:Mode", "Hosted"), ($"Platform:{name}", value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Platform__RegionKey is for the hosted platform", "Platform:RegionKey", "us-1", "Embedded")]
    [InlineData("set Entra__..., Ops__Callers__... or Ops__LocalKey first", "Urls", "http://0.0.0.0:7071", "Hosted")]
    public void A_setting_of_the_other_mode_is_named(string said, string name, string value, string mode) =>
        Assert.Contains(said, Refusal(("Platform:Mode", mode), (name, value)), StringComparison.Ordinal);

    [Fact]
    public void The_organization_s_credentials_cannot_be_settings() => Assert.Contains(
        "the hosted one's are secrets in the vault",
        Refusal(("Platform:Mode", "Hosted"), ("Organization:User", "user"), ("Organization:Password", "password")), StringComparison.Ordinal);

    [Fact]
    public void With_a_configured_caller_the_server_may_listen_on_other_addresses() =>
        Read(("Platform:Mode", "Hosted"), ("Urls", "http://0.0.0.0:7071"), ("Ops:LocalKey", RunningGatehouse.OpsKey));

    private static string Refusal(params (string Name, string Value)[] settings) =>
        Assert.Throws<SettingException>(() => Read(settings)).Message;

    private static GatehouseSettings Read(params (string Name, string Value)[] settings) => GatehouseSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings
            .GroupBy(setting => setting.Name)
            .Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Last().Value)))
        .Build());

    private static async Task<(string Id, string Path)> CreateAsync(RunningGatehouse facade)
    {
        var created = await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        var id = created.Body.GetProperty("app_id").GetString()!;
        return (id, $"/ops/v1/applications/{id}");
    }

    private Task<RunningGatehouse> StartAsync(bool hasCredentials = true, RecordedLogs? logs = null, IReadOnlyList<string>? settings = null) =>
        RunningGatehouse.StartHostedAsync(platform.Api.Address, clock: clock, logs: logs, settings: settings, hasCredentials: hasCredentials);
}
