using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access.Callers;
using Gatehouse.Common;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>Callers: who they are, what they may do, and how one changes its key.</summary>
public abstract class CallersTests(Head head)
{
    private const string Own = "0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B";

    [Fact]
    public async Task A_caller_sees_its_name_its_roles_its_applications_and_the_end_of_its_key()
    {
        var clock = new TestClock();
        var end = Rfc3339.Text(clock.GetUtcNow() + TimeSpan.FromDays(30));
        await using var gatehouse = await head.StartAsync(clock: clock, settings:
        [
            .. Key(0, "Key", "statistics", end), "--Ops:Callers:0:Name", "statistics", "--Ops:Callers:0:Roles:0", "Counts.Read",
            "--Ops:Callers:0:Roles:1", "Applications.Read", "--Ops:Callers:0:Applications:0", Own.ToLowerInvariant(),
        ]);
        Assert.Equal(
            $$"""{"name":"statistics","credential":"key","expires_at":"{{end}}","roles":["Applications.Read","Counts.Read"],"applications":["{{Own}}"]}""",
            (await AskAsync(gatehouse, "statistics")).Text);

        var local = (await gatehouse.Api.GetAsync("/ops/v1/whoami", Credential.Ops)).Ok();
        Assert.Equal("local", local.GetProperty("name").GetString());
        Assert.Equal(RoleNames.All.Select(RoleNames.NameOf), local.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.Equal("null null", $"{local.GetProperty("expires_at").GetRawText()} {local.GetProperty("applications").GetRawText()}");
        (await gatehouse.Api.GetAsync("/ops/v1/whoami?name=statistics", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_caller_changes_its_key_without_an_interruption()
    {
        var clock = new TestClock();
        var end = Rfc3339.Text(clock.GetUtcNow() + TimeSpan.FromHours(1));
        await using var gatehouse = await head.StartAsync(clock: clock, settings:
        [
            .. Key(0, "Key", "new key", null), .. Key(0, "PreviousKey", "old key", end),
            "--Ops:Callers:0:Name", "statistics", "--Ops:Callers:0:Roles:0", "Audit.Read",
        ]);
        foreach (var key in (string[])["new key", "old key"]) (await AskAsync(gatehouse, key)).Ok();

        clock.Advance(TimeSpan.FromHours(1));
        (await AskAsync(gatehouse, "new key")).Ok();
        var refused = await AskAsync(gatehouse, "old key");
        Assert.Contains("has expired", refused.Problem(HttpStatusCode.Unauthorized, "unauthenticated").GetProperty("detail").GetString(), StringComparison.Ordinal);

        var listed = (await gatehouse.Api.GetAsync("/ops/v1/callers", Credential.Ops)).Ok();
        Assert.False(listed.GetProperty("takes_bearer").GetBoolean());
        Assert.Equal(["local", "statistics"], listed.GetProperty("callers").EnumerateArray().Select(caller => caller.GetProperty("name").GetString()));
        Assert.Equal(
            $$"""{"name":"statistics","roles":["Audit.Read"],"applications":null,"keys":[{"expires_at":null,"is_expired":false},{"expires_at":"{{end}}","is_expired":true}]}""",
            listed.GetProperty("callers")[1].GetRawText());
    }

    private static string[] Key(int caller, string name, string key, string? end)
    {
        var at = $"--Ops:Callers:{caller}:{name}";
        string[] hash = [$"{at}Sha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))];
        return end is null ? hash : [.. hash, $"{at}ExpiresAt", end];
    }

    private static Task<Answer> AskAsync(RunningGatehouse gatehouse, string key) =>
        gatehouse.Api.GetAsync("/ops/v1/whoami", new Credential("X-Gatehouse-Key", key));
}

public sealed class CallersOnServerTests() : CallersTests(Head.Server);

public sealed class CallersOnFunctionsHostTests() : CallersTests(Head.FunctionsHost);
