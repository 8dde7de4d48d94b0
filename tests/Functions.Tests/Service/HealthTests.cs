using System.Net;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>The answers that a load balancer gets.</summary>
public abstract class HealthTests(Head head)
{
    [Fact]
    public async Task A_working_instance_is_live_and_ready_without_credentials()
    {
        await using var gatehouse = await head.StartAsync();
        Assert.Equal("""{"status":"live"}""", (await gatehouse.Api.GetAsync("/health/live", Credential.None)).Ok().GetRawText());
        Assert.Equal(
            """{"status":"ready","checks":{"store":"ok","vault":"ok"}}""",
            (await gatehouse.Api.GetAsync("/health/ready", Credential.None)).Ok().GetRawText());
    }

    [Fact]
    public async Task A_failing_check_is_named_and_nothing_else_is_disclosed()
    {
        var clock = new TestClock();
        var vault = new FailingVault();
        await using var gatehouse = await head.StartAsync(
            clock: clock, configure: services => services.AddSingleton<ISecretVault>(vault));
        vault.Fails = true;

        for (var again = 0; again < 2; again++)
        {
            var answer = await gatehouse.Api.GetAsync("/health/ready", Credential.None);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Equal("""{"status":"unavailable","checks":{"store":"ok","vault":"unavailable"}}""", answer.Text);
        }
        (await gatehouse.Api.GetAsync("/health/live", Credential.None)).Ok();

        vault.Fails = false;
        clock.Advance(Readiness.CacheTime);
        (await gatehouse.Api.GetAsync("/health/ready", Credential.None)).Ok();
    }

    [Fact]
    public async Task A_data_folder_that_takes_no_writes_makes_an_instance_unavailable_and_not_dead()
    {
        var gone = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        await using var gatehouse = await head.StartAsync(
            configure: services => services.AddSingleton(new DiskProbe(gone, holdsStore: true, holdsVault: true)));

        var answer = await gatehouse.Api.GetAsync("/health/ready", Credential.None);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("""{"status":"unavailable","checks":{"store":"unavailable","vault":"unavailable"}}""", answer.Text);
        (await gatehouse.Api.GetAsync("/health/live", Credential.None)).Ok();
    }
}

public sealed class HealthOnServerTests() : HealthTests(Head.Server);

public sealed class HealthOnFunctionsHostTests() : HealthTests(Head.FunctionsHost);
