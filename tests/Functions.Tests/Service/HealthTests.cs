using System.Net;
using Gatehouse.Functions.Service;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gatehouse.Functions.Tests.Service;

/// <summary>What a load balancer is told.</summary>
public abstract class HealthTests(Head head)
{
    [Fact]
    public async Task An_instance_that_is_well_says_so_to_everybody()
    {
        await using var gatehouse = await head.StartAsync();
        Assert.Equal("""{"status":"live"}""", (await gatehouse.Api.GetAsync("/health/live", Credential.None)).Ok().GetRawText());
        Assert.Equal(
            """{"status":"ready","checks":{"store":"ok","vault":"ok"}}""",
            (await gatehouse.Api.GetAsync("/health/ready", Credential.None)).Ok().GetRawText());
    }

    [Fact]
    public async Task Which_of_them_does_not_answer_is_said_and_nothing_else()
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
    public async Task However_many_ask_the_vault_is_asked_once_in_five_seconds()
    {
        var clock = new TestClock();
        var vault = new FailingVault();
        var readiness = new Readiness(new FailingStore(), vault, clock, NullLogger<Readiness>.Instance);
        for (var round = 1; round <= 2; round++)
        {
            var reports = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => readiness.FindAsync(default))));
            Assert.All(reports, report => Assert.Equal(new ReadinessReport(Store: false, Vault: true), report));
            Assert.Equal(round, vault.Asked);
            clock.Advance(Readiness.CacheTime);
        }
    }

    [Fact]
    public async Task A_vault_that_never_answers_is_waited_for_two_seconds()
    {
        var clock = new TestClock();
        var vault = new FailingVault { Hangs = true };
        var readiness = new Readiness(new FailingStore(), vault, clock, NullLogger<Readiness>.Instance);
        var asking = readiness.FindAsync(default);
        await vault.BeingAsked;
        Assert.False(asking.IsCompleted);
        clock.Advance(Readiness.Timeout);
        Assert.False((await asking).Vault);
    }

    private sealed class FailingVault : ISecretVault
    {
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int count;

        public bool Fails { get; set; }

        public bool Hangs { get; init; }

        public int Asked => Volatile.Read(ref count);

        public Task BeingAsked => asked.Task;

        public async ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
        {
            Interlocked.Increment(ref count);
            asked.TrySetResult();
            // It ignores the cancellation.
            if (Hangs) await new TaskCompletionSource().Task;
            return Fails ? throw new VaultException("The vault is down.") : null;
        }

        public ValueTask<Secret> SetAsync(string name, string value, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask DeleteAsync(string name, CancellationToken cancellation) => throw new NotSupportedException();
    }

    private sealed class FailingStore : ITableStore
    {
        public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
            throw new StoreUnavailableException("The store is down.", new IOException());

        public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
            string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) => throw new NotSupportedException();
    }
}

public sealed class HealthOnServerTests() : HealthTests(Head.Server);

public sealed class HealthOnFunctionsHostTests() : HealthTests(Head.FunctionsHost);
