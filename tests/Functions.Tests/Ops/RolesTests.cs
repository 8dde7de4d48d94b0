using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>Every route of the facade with every role: allowed, refused, and 404 for another application.</summary>
public abstract class RolesTests(Head head)
{
    private static readonly Dictionary<string, Role> Needed = new()
    {
        ["OpsCreateApplication"] = Role.ApplicationsCreate,
        ["OpsListApplications"] = Role.ApplicationsRead,
        ["OpsAdoptApplications"] = Role.ApplicationsCreate,
        ["OpsViewApplication"] = Role.ApplicationsRead,
        ["OpsRegisterApplication"] = Role.ApplicationsCreate,
        ["OpsDeleteApplication"] = Role.ApplicationsDelete,
        ["OpsIssueToken"] = Role.TokensIssue,
        ["OpsListTokens"] = Role.ApplicationsRead,
        ["OpsRevokeToken"] = Role.TokensRevoke,
        ["OpsRotateToken"] = Role.TokensIssue,
        ["OpsAddCertificate"] = Role.PushWrite,
        ["OpsAddFcmCredential"] = Role.PushWrite,
        ["OpsListPushCredentials"] = Role.ApplicationsRead,
        ["OpsDeletePushCredential"] = Role.PushWrite,
        ["RecordEvents"] = Role.UsageWrite,
        ["ViewLimits"] = Role.CountsRead,
        ["SetLimits"] = Role.UsageWrite,
        ["ListAuditEntries"] = Role.AuditRead,
        ["ReadDailyCounts"] = Role.CountsRead,
        ["BackfillDailyCounts"] = Role.CountsWrite,
        ["ViewBackfill"] = Role.CountsRead,
        ["ListDailyCountGaps"] = Role.CountsRead,
        ["ListDailyCountRuns"] = Role.CountsRead,
        ["ListCallers"] = Role.AuditRead,
        ["ListTimers"] = Role.AuditRead,
        // Every caller may ask who it is.
        ["ViewCaller"] = Role.None,
    };

    /// <summary>The roles, which the OpenAPI document must name too.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> RoleNamesByOperation =>
        Needed.Where(needed => needed.Value != Role.None).Select(needed => KeyValuePair.Create(needed.Key, RoleNames.NameOf(needed.Value)));

    private static IEnumerable<FunctionRoute> Routes =>
        FunctionRoute.All.Where(route => route.Route.StartsWith("ops/v1/", StringComparison.Ordinal));

    [Fact]
    public void Every_route_stands_in_the_table() =>
        Assert.Equal(Routes.Select(route => route.Name).Order(), Needed.Keys.Order());

    [Fact]
    public async Task A_route_accepts_the_role_it_needs_and_no_other()
    {
        using var folder = new TemporaryFolder();
        var (own, other) = await CreateAsync(folder);
        await using var gatehouse = await head.StartAsync(folder, settings: [.. Callers(own)]);
        var refusals = 0;
        foreach (var route in Routes)
        {
            foreach (var role in RoleNames.All)
            {
                var isAllowed = Needed[route.Name] == Role.None || role == Needed[route.Name];
                var everywhere = await CallAsync(gatehouse, route, $"all-{role}", own);
                Assert.True(isAllowed == (everywhere.Status != HttpStatusCode.Forbidden), $"{route.Name}, {role}: {everywhere.Text}");
                Assert.NotEqual(HttpStatusCode.Unauthorized, everywhere.Status);

                var confined = await CallAsync(gatehouse, route, $"own-{role}", own);
                var isForAll = route.Name is "OpsCreateApplication" or "OpsAdoptApplications" or "ListDailyCountRuns" or "ListCallers" or "ListTimers";
                Assert.True((isAllowed && !isForAll) == (confined.Status != HttpStatusCode.Forbidden), $"{route.Name}, confined {role}: {confined.Text}");
                if (isAllowed && isForAll)
                    Assert.Contains($"own-{role} has the role {RoleNames.NameOf(role)} for certain applications only.", confined.Text, StringComparison.Ordinal);
                var elsewhere = await CallAsync(gatehouse, route, $"own-{role}", other);
                refusals += new[] { everywhere, confined, elsewhere }.Count(answer => answer.Status == HttpStatusCode.Forbidden);
                if (!isAllowed)
                {
                    elsewhere.Problem(HttpStatusCode.Forbidden, "forbidden");
                }
                else if (route.Route.Contains("{appId}", StringComparison.Ordinal))
                {
                    elsewhere.Problem(HttpStatusCode.NotFound, "unknown-application");
                    refusals++;
                }
            }
            (await CallAsync(gatehouse, route, "nobody", own)).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
        Assert.Equal(refusals, await CountRefusedAsync(gatehouse));
    }

    [Fact]
    public async Task A_token_is_rotated_by_its_owner_or_by_who_manages_tokens_and_the_audit_trail_says_for_whom()
    {
        await using var gatehouse = await head.StartAsync(settings:
        [
            .. Caller(0, "billing", "Tokens.Issue"), .. Caller(1, "search", "Tokens.Issue"),
            .. Caller(2, "support", "Tokens.Issue", "Tokens.Manage"), .. Caller(3, "auditor", "Audit.Read", "Applications.Create"),
        ]);
        var application = (await SendAsync("auditor", "/ops/v1/applications", """{"name":"Harbour"}""")).Body.GetProperty("app_id").GetString();
        var path = $"/ops/v1/applications/{application}/tokens";
        var issued = (await SendAsync("billing", path, """{"label":"worker","deliver":"response"}""")).Body.GetProperty("token_id").GetString();

        (await SendAsync("search", $"{path}/{issued}/rotate", "{}")).Problem(HttpStatusCode.Forbidden, "forbidden");
        var own = await SendAsync("billing", $"{path}/{issued}/rotate", "{}");
        Assert.Equal(HttpStatusCode.Created, own.Status);
        var second = own.Body.GetProperty("token_id").GetString();
        var foreign = await SendAsync("support", $"{path}/{second}/rotate", "{}");
        Assert.Equal(HttpStatusCode.Created, foreign.Status);

        var entries = (await gatehouse.Api.SendAsync(HttpMethod.Get, "/ops/v1/audit?operation=OpsRotateToken", KeyCredential("auditor"))).Ok()
            .GetProperty("entries").EnumerateArray()
            .Select(entry => $"{entry.GetProperty("caller").GetString()} {entry.GetProperty("outcome").GetString()} {entry.GetProperty("subject").GetString()}");
        Assert.Equal(
            [$"support done token:{second} of billing", $"billing done token:{issued}", $"search failed token:{issued}"], entries);

        Task<Answer> SendAsync(string caller, string url, string body) => gatehouse.Api.PostAsync(url, KeyCredential(caller), body);
    }

    private static Credential KeyCredential(string caller) => new("X-Gatehouse-Key", KeyOf(caller));

    private static IEnumerable<string> Caller(int index, string name, params string[] roles)
    {
        var at = $"--Ops:Callers:{index}";
        return
        [
            $"{at}:Name", name, $"{at}:KeySha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(name)))),
            .. roles.SelectMany((role, number) => new[] { $"{at}:Roles:{number}", role }),
        ];
    }

    // Each refusal of a known caller is in the audit trail, and no other.
    private static async Task<int> CountRefusedAsync(RunningGatehouse gatehouse)
    {
        var count = 0;
        for (var token = ""; ;)
        {
            var page = (await gatehouse.Api.GetAsync($"/ops/v1/audit?outcome=refused&limit=100&token={token}", Credential.Ops)).Ok();
            count += page.GetProperty("entries").GetArrayLength();
            token = page.GetProperty("next").GetString()!;
            if (token.Length == 0) return count;
        }
    }

    private async Task<(string Own, string Other)> CreateAsync(TemporaryFolder folder)
    {
        await using var gatehouse = await head.StartAsync(folder);
        var created = new List<string>();
        foreach (var name in (string[])["Harbour", "Lighthouse"])
        {
            var answer = await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, $$"""{"name":"{{name}}"}""");
            created.Add(answer.Body.GetProperty("app_id").GetString()!);
        }
        return (created[0], created[1]);
    }

    private static async Task<Answer> CallAsync(RunningGatehouse gatehouse, FunctionRoute route, string caller, string application)
    {
        var path = "/" + route.Route.Replace("{appId}", application, StringComparison.Ordinal).Replace("{tokenId}", "0123456789abcdef", StringComparison.Ordinal)
            .Replace("{pushType}/{pushId}", "gcm/0123456789abcdef0123456789abcdef01234567", StringComparison.Ordinal)
            .Replace("{operationId}", "00000000-0000-0000-0000-000000000000", StringComparison.Ordinal);
        using var body = new StringContent("{}", Encoding.UTF8, "application/json");
        return await gatehouse.Api.SendAsync(
            new HttpMethod(route.Method), path, new Credential("X-Gatehouse-Key", KeyOf(caller)), route.Method == "GET" ? null : body);
    }

    private static string KeyOf(string caller) => $"the key of {caller}";

    private static IEnumerable<string> Callers(string own)
    {
        var index = 0;
        foreach (var role in RoleNames.All)
        {
            foreach (var reach in (string[])["all", "own"])
            {
                var at = $"--Ops:Callers:{index++}";
                var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf($"{reach}-{role}"))));
                string[] settings = [$"{at}:Name", $"{reach}-{role}", $"{at}:KeySha256", hash, $"{at}:Roles:0", RoleNames.NameOf(role)];
                foreach (var setting in settings) yield return setting;
                if (reach == "all") continue;
                yield return $"{at}:Applications:0";
                yield return own;
            }
        }
    }
}

public sealed class RolesOnServerTests() : RolesTests(Head.Server);

public sealed class RolesOnFunctionsHostTests() : RolesTests(Head.FunctionsHost);
