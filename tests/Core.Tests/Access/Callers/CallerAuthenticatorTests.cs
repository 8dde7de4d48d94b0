using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access.Callers;

namespace Gatehouse.Tests.Access.Callers;

public sealed class CallerAuthenticatorTests
{
    private const string Key = "the-key";

    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly KeyCallerSettings Service =
        new("service", new(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))), default, ["Audit.Read"], []);

    [Fact]
    public async Task A_key_or_a_bearer_token_finds_its_caller_and_both_together_are_refused()
    {
        await using var tenant = await TestTenant.StartAsync();
        var clock = new TestClock();
        using var entra = new EntraCallers(tenant.Settings, clock);
        var callers = new CallerAuthenticator(new KeyCallers([Service], clock), entra);
        var token = tenant.Sign(tenant.Claims(clock.GetUtcNow()));

        Assert.Equal("service", (await callers.AuthenticateAsync(Key, null, None)).Caller?.Name);
        Assert.Equal($"app:{TestTenant.Client}", (await callers.AuthenticateAsync(null, token, None)).Caller?.Name);
        Assert.Equal(Authentication.Refused(CredentialFault.Ambiguous), await callers.AuthenticateAsync(Key, token, None));
        Assert.Equal(Authentication.Refused(CredentialFault.Missing), await callers.AuthenticateAsync(null, null, None));
        Assert.Equal(Authentication.Refused(CredentialFault.UnknownKey), await callers.AuthenticateAsync("other", null, None));
        Assert.Equal(Authentication.Refused(CredentialFault.UnknownKey), await callers.AuthenticateAsync("", null, None));
    }

    [Fact]
    public async Task Without_a_tenant_bearer_tokens_are_refused() => Assert.Equal(
        Authentication.Refused(CredentialFault.NoBearer),
        await new CallerAuthenticator(new KeyCallers([Service], TimeProvider.System), entra: null).AuthenticateAsync(null, "a.b.c", None));

    /// <summary>Loading it would cost every start, and most deployments have no tenant.</summary>
    [Fact]
    public async Task Without_a_tenant_the_token_library_is_not_loaded()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CallerAuthenticatorTests).Assembly.Location, "authenticate"]) { RedirectStandardOutput = true };
        using var other = Process.Start(start)!;
        var lines = (await other.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await other.WaitForExitAsync();
        Assert.Equal("service", lines[0]);
        Assert.Contains("Gatehouse.Core", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("Microsoft.IdentityModel", StringComparison.Ordinal));
    }

    /// <summary>Runs in another process: which caller a key finds, and which assemblies that loaded.</summary>
    public static async Task<int> AuthenticateAsync()
    {
        var callers = new CallerAuthenticator(new KeyCallers([Service], TimeProvider.System), entra: null);
        Console.WriteLine((await callers.AuthenticateAsync(Key, null, None)).Caller);
        await callers.AuthenticateAsync(null, "a.b.c", None);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies()) Console.WriteLine(assembly.GetName().Name);
        return 0;
    }
}
