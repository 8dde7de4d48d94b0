using Gatehouse.Alerts;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Tests.Alerts;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.PushCredentials;

public sealed class PushCredentialCheckTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private PushScene scene = null!;

    public async Task InitializeAsync() => scene = await PushScene.CreateAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_certificate_raises_one_alert_each_at_30_7_and_1_days_and_when_it_has_expired()
    {
        var id = await scene.AddAsync(scene.Upload(days: 40));
        var stages = new List<string>();
        // One check a day, as by the timer, for 45 days; each one twice.
        for (var day = 0; day < 45; day++)
        {
            var before = await AlertsAsync();
            await scene.Check().RunAsync(None);
            await scene.Check().RunAsync(None);
            stages.AddRange((await AlertsAsync()).Keys.Except(before.Keys).Select(key => $"day {day}: {key}"));
            scene.Clock.Advance(Day);
        }
        Assert.Equal(
            [
                $"day 10: push-credential-expiring:{scene.Id}:{id}:30", $"day 33: push-credential-expiring:{scene.Id}:{id}:7",
                $"day 39: push-credential-expiring:{scene.Id}:{id}:1", $"day 41: push-credential-expired:{scene.Id}:{id}",
            ],
            stages);
    }

    [Fact]
    public async Task An_alert_names_the_certificate_and_its_expiry()
    {
        var id = await scene.AddAsync(scene.Upload(CertificateKind.Development, days: 6.5));
        await scene.Check().RunAsync(None);
        var row = Assert.Single(await AlertsAsync()).Value;
        Assert.Equal(AlertTypes.PushCredentialExpiring, row.GetString("Type"));
        Assert.Equal(scene.Id.ToString(), row.GetString("Application"));
        Assert.Equal(id, row.GetString("Fact_push_id"));
        Assert.Equal("development", row.GetString("Fact_environment"));
        Assert.Equal(TestCertificates.BundleId, row.GetString("Fact_bundle_id"));
        Assert.Equal("6", row.GetString("Fact_days_left"));
        Assert.Equal("2024-05-22T00:00:00.000Z", row.GetString("Fact_expires_at"));

        scene.Clock.Advance(7 * Day);
        await scene.Check().RunAsync(None);
        var over = Assert.Single((await AlertsAsync()).Values, one => one.GetString("Type") == AlertTypes.PushCredentialExpired);
        Assert.Equal("-1", over.GetString("Fact_days_left"));
    }

    [Fact]
    public async Task After_missed_checks_only_the_latest_stage_raises_an_alert()
    {
        await scene.AddAsync(scene.Upload(days: 40));
        scene.Clock.Advance(39.5 * Day);
        var run = await scene.Check().RunAsync(None);
        Assert.Equal((1, 1), (run.Checked, run.Warned));
        Assert.EndsWith(":1", Assert.Single(await AlertsAsync()).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Concurrent_instances_raise_each_alert_once()
    {
        for (var count = 0; count < 5; count++) await scene.AddAsync(scene.Upload(days: 20));
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => scene.Check().RunAsync(None))));
        Assert.All(runs, run => Assert.Equal(5, run.Warned));
        Assert.Equal(5, (await AlertsAsync()).Count);
    }

    [Fact]
    public async Task Certificates_registered_outside_Gatehouse_raise_alerts_and_other_credentials_do_not()
    {
        var id = await scene.AddDirectlyAsync(scene.Upload(days: 20));
        await scene.Credentials().AddSenderAsync(scene.Id, "1", "key", false, None);
        await scene.AddAsync();
        await scene.Check().RunAsync(None);
        Assert.Contains(id, Assert.Single(await AlertsAsync()).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_application_does_not_affect_the_others_and_is_checked_by_the_next_run()
    {
        var ids = new List<AppId> { scene.Id };
        for (var count = 0; count < 4; count++) ids.Add(await scene.CreateApplicationAsync($"a{count}"));
        foreach (var id in ids) await scene.AddAsync(scene.Upload(days: 20), application: id);
        var first = 1;
        scene.Platform.Before(
            nameof(IPlatform.ListPushConfigurationsAsync),
            _ => Interlocked.Exchange(ref first, 0) == 1 ? Task.FromException(PlatformException.Unavailable()) : Task.CompletedTask);
        var run = await scene.Check().RunAsync(None);
        Assert.IsType<PlatformException>(Assert.Single(run.Failures).Error);
        Assert.Equal(4, (await AlertsAsync()).Count);
        Assert.Empty((await scene.Check().RunAsync(None)).Failures);
        Assert.Equal(5, (await AlertsAsync()).Count);
    }

    [Fact]
    public async Task An_interrupted_check_is_run_again()
    {
        for (var count = 0; count < 3; count++) await scene.AddAsync(scene.Upload(days: 20), application: await scene.CreateApplicationAsync("a"));
        var calls = 0;
        scene.Platform.Before(
            nameof(IPlatform.ListPushConfigurationsAsync),
            _ => Interlocked.Increment(ref calls) == 2 ? Task.FromException(new CrashException("a check")) : Task.CompletedTask);
        await Assert.ThrowsAsync<CrashException>(() => scene.Check().RunAsync(None));
        await scene.Check().RunAsync(None);
        Assert.Equal(3, (await AlertsAsync()).Count);
    }

    [Fact]
    public async Task Findings_of_deleted_certificates_are_deleted()
    {
        var registered = new RegisteredCertificates(scene.Custody.Store);
        var kept = await scene.AddAsync();
        await scene.Credentials().DeleteAsync(scene.Id, PushType.Apns, await scene.AddAsync(), None);
        var deleted = await scene.CreateApplicationAsync("deleted");
        await scene.AddAsync(application: deleted);
        await scene.Custody.Start().Applications.DeleteAsync(deleted, "deleted", None);

        // A certificate that is not listed yet may have just been registered.
        await scene.Check().RunAsync(None);
        Assert.Equal(2, (await registered.ReadAsync(scene.Id, None)).Count);
        Assert.Empty(await registered.ReadAsync(deleted, None));
        scene.Clock.Advance(2 * Day);
        await scene.Check().RunAsync(None);
        Assert.Equal([kept], (await registered.ReadAsync(scene.Id, None)).Keys);
    }

    private Task<IReadOnlyDictionary<string, TableRow>> AlertsAsync() => RaisedAlerts.ReadAsync(scene.Custody.Store);
}
