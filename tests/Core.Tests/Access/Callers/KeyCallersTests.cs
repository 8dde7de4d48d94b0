using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access.Callers;
using Gatehouse.Common;

namespace Gatehouse.Tests.Access.Callers;

public sealed class KeyCallersTests
{
    private const string BillingKey = "b1111111-key-of-billing";
    private const string SupportKey = "s2222222-key-of-support";
    private const string LocalKey = "l3333333-key-of-this-machine";

    private static readonly AppId Own = AppId.Generate();

    private readonly TestClock clock = new();

    private static readonly KeyCallerSettings Billing = new("billing", new(Hash(BillingKey)), default, ["Counts.Read", "Usage.Write"], []);

    private static readonly KeyCallerSettings Support =
        new("support", new(Hash(SupportKey).ToUpperInvariant()), default, ["Tokens.Issue"], [Own.ToString().ToLowerInvariant()]);

    [Fact]
    public void A_key_finds_its_caller_with_roles_and_applications()
    {
        var callers = new KeyCallers([Billing, Support], clock);

        var billing = callers.Find(BillingKey)!;
        Assert.Equal("billing", billing.Name);
        Assert.Equal(AccessDecision.Allowed, billing.MayForAll(Role.CountsRead));
        Assert.Equal(AccessDecision.Forbidden, billing.MayForAll(Role.CountsWrite));

        var support = callers.Find(SupportKey)!;
        Assert.Equal("support", support.Name);
        Assert.Equal(AccessDecision.Allowed, support.May(Role.TokensIssue, Own));
        Assert.Equal(AccessDecision.OtherApplication, support.May(Role.TokensIssue, AppId.Generate()));
    }

    [Fact]
    public void An_unknown_key_finds_no_caller()
    {
        var callers = new KeyCallers([Billing, Support], clock);
        foreach (var key in new[] { "", " ", BillingKey + " ", BillingKey[..^1], BillingKey.ToUpperInvariant(), Hash(BillingKey), "billing" })
            Assert.Null(callers.Find(key));
    }

    [Fact]
    public void An_empty_key_is_refused_even_where_its_hash_is_configured() =>
        Assert.Null(new KeyCallers([Billing with { Key = new(Hash("")) }], clock).Find(""));

    [Fact]
    public void A_key_of_more_than_512_characters_is_refused()
    {
        var longest = new string('k', 512);
        Assert.NotNull(new KeyCallers([Billing with { Key = new(Hash(longest)) }], clock).Find(longest));
        Assert.Null(new KeyCallers([Billing with { Key = new(Hash(longest + "k")) }], clock).Find(longest + "k"));
    }

    [Fact]
    public void Without_callers_every_key_is_refused() => Assert.Null(new KeyCallers([], clock).Find(LocalKey));

    [Fact]
    public void A_caller_changes_its_key_without_an_interruption()
    {
        var end = clock.GetUtcNow() + TimeSpan.FromHours(1);
        var callers = new KeyCallers(
            [Billing with { Key = new(Hash("next")), PreviousKey = new(Hash(BillingKey), Rfc3339.Text(end)) }, Support], clock);
        Assert.Equal(["billing", "billing", "support"], callers.Keys.Select(key => key.Name));
        Assert.Equal((null, "billing"), (callers.Find("next")!.ExpiresAt, callers.Find("next")!.Name));
        Assert.Equal((end, "billing"), (callers.Find(BillingKey)!.ExpiresAt, callers.Find(BillingKey)!.Name));

        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(callers.Find(BillingKey));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(callers.Find(BillingKey));
        Assert.NotNull(callers.Find("next"));
    }

    [Fact]
    public void The_local_caller_has_every_role_everywhere()
    {
        var callers = new KeyCallers([Billing], clock);
        Assert.Null(callers.Find(LocalKey));
        callers.AddLocal(LocalKey);

        var local = callers.Find(LocalKey)!;
        Assert.Equal("local", local.Name);
        Assert.All(RoleNames.All, role => Assert.Equal(AccessDecision.Allowed, local.MayForAll(role)));
        Assert.Equal("billing", callers.Find(BillingKey)!.Name);
    }

    [Fact]
    public void The_local_key_must_be_valid_and_unique()
    {
        Refuses("Ops__LocalKey", () => new KeyCallers([], clock).AddLocal(""));
        Refuses("Ops__LocalKey", () => new KeyCallers([Billing], clock).AddLocal(BillingKey));
    }

    public static TheoryData<string, KeyCallerSettings> WrongSettings => new()
    {
        { "Ops__Callers__1__Name", Support with { Name = null } },
        { "Ops__Callers__1__Name", Support with { Name = "" } },
        { "Ops__Callers__1__Name", Support with { Name = "two words" } },
        { "Ops__Callers__1__Name", Support with { Name = "app:support" } },
        { "Ops__Callers__1__Name", Support with { Name = "BILLING" } },
        { "Ops__Callers__1__Name", Support with { Name = "Local" } },
        { "Ops__Callers__1__KeySha256", Support with { Key = new(null) } },
        { "Ops__Callers__1__KeySha256", Support with { Key = new(SupportKey) } },
        { "Ops__Callers__1__KeySha256", Support with { Key = new(Hash(SupportKey)[1..]) } },
        { "Ops__Callers__1__KeySha256", Support with { Key = new(Hash(SupportKey)[1..] + "g") } },
        { "Ops__Callers__1__KeySha256", Support with { Key = new(Hash(BillingKey)) } },
        { "Ops__Callers__1__KeyExpiresAt", Support with { Key = new(Hash(SupportKey), "tomorrow") } },
        { "Ops__Callers__1__KeyExpiresAt", Support with { Key = new(Hash(SupportKey), "") } },
        { "Ops__Callers__1__PreviousKeySha256", Support with { PreviousKey = new(SupportKey) } },
        { "Ops__Callers__1__PreviousKeySha256", Support with { PreviousKey = new(Hash(SupportKey)) } },
        { "Ops__Callers__1__PreviousKeySha256", Support with { PreviousKey = new(Hash(BillingKey)) } },
        { "Ops__Callers__1__PreviousKeySha256", Support with { PreviousKey = new(null, "2026-01-31T00:00:00Z") } },
        { "Ops__Callers__1__PreviousKeyExpiresAt", Support with { PreviousKey = new(Hash("other"), "31.1.2026") } },
        { "Ops__Callers__1__Roles", Support with { Roles = [] } },
        { "Ops__Callers__1__Roles__1", Support with { Roles = ["Push.Write", "Push.Read"] } },
        { "Ops__Callers__1__Roles__0", Support with { Roles = [null] } },
        { "Ops__Callers__1__Applications__1", Support with { Applications = [Own.ToString(), "all"] } },
        { "Ops__Callers__1__Applications__0", Support with { Applications = [""] } },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void A_wrong_setting_is_named_without_showing_a_key(string setting, KeyCallerSettings wrong)
    {
        var message = Refuses(setting, () => _ = new KeyCallers([Billing, wrong], clock));
        Assert.DoesNotContain(SupportKey, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void No_text_of_the_settings_or_the_callers_shows_a_hash()
    {
        Assert.DoesNotContain(Hash(BillingKey), Billing.ToString());
        Assert.Equal("billing", $"{new KeyCallers([Billing], clock).Find(BillingKey)}");
    }

    private static string Refuses(string setting, Action take)
    {
        var message = Assert.Throws<AccessSettingException>(take).Message;
        Assert.Matches($"^{setting}(:| must)", message);
        return message;
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
