using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using Gatehouse.Access.Callers;

namespace Gatehouse.Tests.Access.Callers;

public sealed class EntraCallersTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestClock clock = new();
    private TestTenant tenant = null!;
    private EntraCallers callers = null!;

    public async Task InitializeAsync()
    {
        tenant = await TestTenant.StartAsync();
        callers = new EntraCallers(tenant.Settings, clock);
    }

    public Task DisposeAsync() => tenant.DisposeAsync().AsTask();

    public void Dispose() => callers.Dispose();

    [Fact]
    public async Task A_v2_token_s_caller_is_its_client_with_its_roles()
    {
        var caller = await AdmitAsync(Claims());
        Assert.Equal($"app:{TestTenant.Client}", caller.Name);
        Assert.Equal([Role.ApplicationsRead, Role.TokensIssue], caller.Roles);
        var end = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        Assert.Equal((CredentialKind.Bearer, end), (caller.Credential, caller.ExpiresAt));
        Assert.Equal(AccessDecision.Allowed, caller.MayForAll(Role.ApplicationsRead));
        Assert.Equal(AccessDecision.Allowed, caller.MayForAll(Role.TokensIssue));
        Assert.Equal(AccessDecision.Forbidden, caller.MayForAll(Role.TokensRevoke));
    }

    [Fact]
    public async Task A_v1_token_s_caller_is_the_same()
    {
        var caller = await AdmitAsync(tenant.ClaimsOfV1(clock.GetUtcNow()));
        Assert.Equal($"app:{TestTenant.Client}", caller.Name);
        Assert.Equal(AccessDecision.Allowed, caller.MayForAll(Role.TokensIssue));
    }

    [Fact]
    public async Task A_user_of_a_client_is_another_caller_than_the_client()
    {
        var caller = await AdmitAsync(With("scp", "access_as_user"));
        Assert.Equal($"user:{TestTenant.User}", caller.Name);
    }

    [Fact]
    public async Task A_token_without_roles_identifies_a_caller_without_permissions()
    {
        var caller = await AdmitAsync(Without("roles"));
        Assert.All(RoleNames.All, role => Assert.Equal(AccessDecision.Forbidden, caller.MayForSome(role)));
    }

    [Fact]
    public async Task Unknown_roles_are_ignored()
    {
        var caller = await AdmitAsync(With("roles", new JsonArray("Admin", "audit.read", "Audit.Read", "*")));
        Assert.Equal([Role.AuditRead], RoleNames.All.Where(role => caller.MayForAll(role) == AccessDecision.Allowed));
        caller = await AdmitAsync(With("roles", "Push.Write"));
        Assert.Equal([Role.PushWrite], RoleNames.All.Where(role => caller.MayForAll(role) == AccessDecision.Allowed));
    }

    [Fact]
    public async Task A_client_a_user_or_both_can_be_confined_to_applications()
    {
        var shared = AppId.Generate();
        var settings = tenant.Settings with
        {
            Confined =
            [
                new(TestTenant.Client, [shared.ToString(), AppId.Generate().ToString()]),
                new(TestTenant.User, [shared.ToString()]),
            ],
        };
        using var confining = new EntraCallers(settings, clock);
        var client = (await confining.AuthenticateAsync(tenant.Sign(Claims()), None)).Caller!;
        Assert.True(client.IsConfined);
        Assert.Equal(AccessDecision.Allowed, client.May(Role.TokensIssue, shared));
        Assert.Equal(AccessDecision.OtherApplication, client.May(Role.TokensIssue, AppId.Generate()));

        var user = (await confining.AuthenticateAsync(tenant.Sign(With("scp", "access_as_user")), None)).Caller!;
        Assert.True(user.Reaches(shared));
        Assert.False(user.Reaches(KeyCallers.ReadApplication(settings.Confined[0].Applications[1], "")));
    }

    public static TheoryData<CredentialFault, string, JsonNode?> WrongClaims => new()
    {
        { CredentialFault.Issuer, "iss", "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/v2.0" },
        { CredentialFault.Issuer, "iss", "https://sts.windows.net/00000000-0000-0000-0000-000000000001/" },
        { CredentialFault.Issuer, "iss", "" },
        { CredentialFault.Issuer, "iss", null },
        { CredentialFault.Audience, "aud", "00000003-0000-0000-c000-000000000000" },
        { CredentialFault.Audience, "aud", "" },
        { CredentialFault.Audience, "aud", null },
        { CredentialFault.Expired, "exp", null },
        { CredentialFault.Claims, "tid", "00000000-0000-0000-0000-000000000001" },
        { CredentialFault.Claims, "tid", null },
        { CredentialFault.Claims, "azp", null },
        { CredentialFault.Claims, "azp", "support" },
    };

    [Theory]
    [MemberData(nameof(WrongClaims))]
    public async Task A_token_that_is_not_for_us_is_refused(CredentialFault fault, string claim, JsonNode? value) =>
        await RefuseAsync(fault, tenant.Sign(value is null ? Without(claim) : With(claim, value.DeepClone())));

    [Fact]
    public async Task A_user_s_token_that_does_not_say_which_user_is_refused()
    {
        var claims = With("scp", "access_as_user");
        claims.Remove("oid");
        await RefuseAsync(CredentialFault.Claims, tenant.Sign(claims));
    }

    [Fact]
    public async Task A_token_is_valid_from_nbf_to_exp_with_a_minute_of_tolerance()
    {
        var token = tenant.Sign(Claims());
        var early = tenant.Sign(With("nbf", clock.GetUtcNow().AddSeconds(61).ToUnixTimeSeconds()));
        await RefuseAsync(CredentialFault.NotYetValid, early);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await callers.AuthenticateAsync(early, None)).IsKnown);

        clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(58));
        Assert.True((await callers.AuthenticateAsync(token, None)).IsKnown);
        clock.Advance(TimeSpan.FromSeconds(1));
        await RefuseAsync(CredentialFault.Expired, token);
    }

    [Fact]
    public async Task Only_RS256_is_accepted()
    {
        var key = tenant.Keys[0];
        var publicKey = key.Rsa.ExportSubjectPublicKeyInfo();
        var pem = Encoding.ASCII.GetBytes(key.Rsa.ExportSubjectPublicKeyInfoPem());
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await RefuseAsync(CredentialFault.Algorithm, Forge("none", _ => []));
        await RefuseAsync(CredentialFault.Algorithm, Forge("None", _ => []));
        await RefuseAsync(CredentialFault.Algorithm, Forge("HS256", bytes => HMACSHA256.HashData(publicKey, bytes)));
        await RefuseAsync(CredentialFault.Algorithm, Forge("HS256", bytes => HMACSHA256.HashData(pem, bytes)));
        await RefuseAsync(CredentialFault.Algorithm, Forge("ES256", bytes => curve.SignData(bytes, HashAlgorithmName.SHA256)));
        await RefuseAsync(
            CredentialFault.Algorithm, Forge("RS512", bytes => key.Rsa.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)));
        await RefuseAsync(
            CredentialFault.Algorithm, Forge("PS256", bytes => key.Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        // Signed with the right algorithm's name, but without a signature or with another one.
        await RefuseAsync(CredentialFault.Signature, Forge("RS256", _ => []));
        await RefuseAsync(CredentialFault.Signature, Forge("RS256", bytes => HMACSHA256.HashData(publicKey, bytes)));
    }

    [Fact]
    public async Task A_token_signed_with_an_unknown_key_is_refused()
    {
        await RefuseAsync(CredentialFault.Signature, new TestKey(tenant.Keys[0].Id, TestKey.Other).Sign(Claims()));
        await RefuseAsync(CredentialFault.Signature, new TestKey("stranger", TestKey.Other).Sign(Claims()));
        // The right key without a key id: keys are not tried one after the other.
        var unnamed = TestKey.Sign(
            new JsonObject { ["alg"] = "RS256" }, Claims(),
            bytes => tenant.Keys[0].Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        await RefuseAsync(CredentialFault.Signature, unnamed);
    }

    [Theory]
    [InlineData("""["exp"]""")]
    [InlineData("""["b64"]""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"exp\"")]
    public async Task A_token_with_a_critical_extension_is_refused(string critical)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = tenant.Keys[0].Id, ["crit"] = JsonNode.Parse(critical), ["b64"] = true };
        await RefuseAsync(
            CredentialFault.Extension,
            TestKey.Sign(header, Claims(), bytes => tenant.Keys[0].Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
    }

    [Theory]
    [InlineData("tid", "7")]
    [InlineData("azp", "[]")]
    [InlineData("scp", "{}")]
    [InlineData("roles", "{\"a\":1}")]
    [InlineData("roles", "[null,1,[]]")]
    [InlineData("oid", "1e400")]
    public async Task A_claim_of_another_type_causes_no_exception(string claim, string value)
    {
        var result = await callers.AuthenticateAsync(tenant.Sign(With(claim, JsonNode.Parse(value)!)), None);
        Assert.NotEqual(AuthenticationStatus.Unavailable, result.Status);
        if (claim == "scp") Assert.Equal($"user:{TestTenant.User}", result.Caller!.Name);
        if (claim == "roles") Assert.All(RoleNames.All, role => Assert.Equal(AccessDecision.Forbidden, result.Caller!.MayForSome(role)));
    }

    [Fact]
    public async Task A_key_inside_the_token_is_not_used()
    {
        var stranger = new TestKey("stranger", TestKey.Other);
        var header = new JsonObject
        {
            ["alg"] = "RS256",
            ["kid"] = "stranger",
            ["jwk"] = stranger.Publish(),
            ["jku"] = $"{tenant.Address}/{tenant.Id}/discovery/v2.0/keys",
        };
        await RefuseAsync(
            CredentialFault.Signature,
            TestKey.Sign(header, Claims(), bytes => stranger.Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
    }

    [Fact]
    public async Task A_token_that_is_too_long_is_refused_unread()
    {
        await RefuseAsync(CredentialFault.TooLong, tenant.Sign(With("groups", new string('g', EntraCallers.TokenLength))));
        Assert.Equal(0, tenant.Reads);
        await AdmitAsync(With("groups", new string('g', 8 * 1024)));
    }

    [Fact]
    public async Task A_changed_token_is_refused_without_an_exception()
    {
        var token = tenant.Sign(Claims());
        var mutations =
            from at in Gen.Choose(0, token.Length - 1)
            from what in Gen.Elements("", ".", "=", "\0", "é", "A", token[..40])
            from length in Gen.Elements(0, 1, 30, token.Length)
            select string.Concat(token.AsSpan(0, at), what, token.AsSpan(Math.Min(token.Length, at + length)));
        await Properties.CheckAsync(mutations, async mutated =>
        {
            var result = await callers.AuthenticateAsync(mutated, None);
            // The last character of a signature has bits that do not count.
            if (mutated[..^1] != token[..^1]) Assert.Equal(AuthenticationStatus.Refused, result.Status);
        }, tests: 300);
    }

    [Theory]
    [InlineData("")]
    [InlineData("key")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.")]
    [InlineData("e30.e30.e30")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.bm90IGpzb24.AAAA")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.W10.AAAA")]
    [InlineData("eyJhbGciOjF9.e30.AAAA")]
    [InlineData("e30.a.b.c.d")]
    [InlineData("e30.e30.e30.e30.e30")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.a.b.c.d")]
    [InlineData("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0....")]
    [InlineData("e30.e30.!")]
    [InlineData("eyJhbGciOiJSUzI1NiIsImFsZyI6MX0.e30.AAAA")]
    [InlineData("eyJhbGciOiJcdWQ4MDAifQ.e30.AAAA")]
    [InlineData("eyJcdWQ4MDAiOjF9.eyJcdWQ4MDAiOjF9.AAAA")]
    [InlineData("bnVsbA.bnVsbA.bnVsbA")]
    public async Task Text_that_is_not_a_token_is_refused_without_a_request_to_the_tenant(string text)
    {
        Assert.Equal(AuthenticationStatus.Refused, (await callers.AuthenticateAsync(text, None)).Status);
        Assert.Equal(0, tenant.Reads);
    }

    private string Forge(string algorithm, Func<byte[], byte[]> sign) => TestKey.Sign(
        new JsonObject { ["typ"] = "JWT", ["alg"] = algorithm, ["kid"] = tenant.Keys[0].Id }, Claims(), sign);

    private JsonObject Claims() => tenant.Claims(clock.GetUtcNow());

    private JsonObject With(string claim, JsonNode value)
    {
        var claims = Claims();
        claims[claim] = value;
        return claims;
    }

    private JsonObject Without(string claim)
    {
        var claims = Claims();
        claims.Remove(claim);
        return claims;
    }

    private async Task<Caller> AdmitAsync(JsonObject claims)
    {
        var result = await callers.AuthenticateAsync(tenant.Sign(claims), None);
        Assert.Equal(CredentialFault.None, result.Fault);
        return result.Caller!;
    }

    private async Task RefuseAsync(CredentialFault fault, string token)
    {
        var result = await callers.AuthenticateAsync(token, None);
        Assert.Equal(fault, result.Fault);
        Assert.Equal(AuthenticationStatus.Refused, result.Status);
        Assert.Null(result.Caller);
    }
}
