using Gatehouse.Access.Callers;

namespace Gatehouse.Tests.Access.Callers;

public sealed class EntraSettingsTests
{
    private const string Id = "6e74172b-be56-4843-9ff4-e66a39bb12e3";

    private static readonly EntraSettings Right = new(Id, ["api://gatehouse"], null, []);

    [Fact]
    public void The_public_cloud_is_the_default_authority()
    {
        var tenant = new EntraTenant(Right);
        Assert.Equal($"https://login.microsoftonline.com/{Id}/v2.0/.well-known/openid-configuration", tenant.MetadataAddress);
        Assert.Equal([$"https://login.microsoftonline.com/{Id}/v2.0", $"https://sts.windows.net/{Id}/"], tenant.Issuers);
        Assert.False(tenant.IsLocal);
    }

    public static TheoryData<string, EntraSettings> WrongSettings => new()
    {
        { "Entra__TenantId", Right with { TenantId = null } },
        { "Entra__TenantId", Right with { TenantId = "common" } },
        { "Entra__TenantId", Right with { TenantId = "example.onmicrosoft.com" } },
        { "Entra__Audiences__0", Right with { Audiences = [] } },
        { "Entra__Audiences__1", Right with { Audiences = ["a", " "] } },
        { "Entra__Authority", Right with { Authority = "" } },
        { "Entra__Authority", Right with { Authority = "login.microsoftonline.com" } },
        { "Entra__Authority", Right with { Authority = "http://login.microsoftonline.com" } },
        { "Entra__Authority", Right with { Authority = "https://login.microsoftonline.com/common" } },
        { "Entra__Authority", Right with { Authority = "ftp://localhost" } },
        { "Entra__Confined__0__Id", Right with { Confined = [new("support", [Id])] } },
        { "Entra__Confined__0__Applications__0", Right with { Confined = [new(Id, [])] } },
        { "Entra__Confined__0__Applications__1", Right with { Confined = [new(Id, [Id, "x"])] } },
        { "Entra__Confined__1__Id", Right with { Confined = [new(Id, [Id]), new(Id, [Id])] } },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void A_wrong_setting_is_named(string setting, EntraSettings wrong) => Assert.Matches(
        $"^{setting}(:| must)", Assert.Throws<AccessSettingException>(() => new EntraCallers(wrong, TimeProvider.System)).Message);
}
