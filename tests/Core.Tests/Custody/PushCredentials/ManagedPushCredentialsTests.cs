using System.Text;
using Gatehouse.Custody;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Platform;
using Gatehouse.Push;
using Gatehouse.Storage;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.PushCredentials;

public sealed class ManagedPushCredentialsTests : IAsyncLifetime
{
    private const string Other = "com.example.other";

    private PushScene scene = null!;

    public async Task InitializeAsync() => scene = await PushScene.CreateAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Theory]
    [InlineData(CertificateKind.Development, null, false)]
    [InlineData(CertificateKind.Production, null, true)]
    [InlineData(CertificateKind.Universal, null, true)]
    [InlineData(CertificateKind.Universal, false, false)]
    internal async Task A_certificate_is_registered_for_the_environment_it_is_given_for_or_serves(
        CertificateKind kind, bool? given, bool forProduction)
    {
        var added = await scene.Credentials().AddCertificateAsync(scene.Id, scene.Upload(kind, forProduction: given), false, None);
        Assert.Equal(forProduction, added.ForProduction);
        Assert.Equal(TestCertificates.BundleId, added.Certificate.BundleId);
        Assert.Empty(added.Failures);
        var listed = Assert.Single(await scene.Credentials().ListAsync(scene.Id, None));
        Assert.Equal((added.Id, TestCertificates.BundleId), (listed.Configuration.Id, listed.BundleId));
        Assert.Equal(added.Certificate.NotAfter, listed.ExpiresAt);
        Assert.Equal(forProduction, ((CertificatePushConfiguration)listed.Configuration).ForProduction);
    }

    [Fact]
    public async Task An_invalid_certificate_is_not_sent_to_the_platform()
    {
        var wrong = scene.Upload(CertificateKind.Development, forProduction: true);
        var refusal = await Assert.ThrowsAsync<PushCredentialException>(() => scene.Credentials().AddCertificateAsync(scene.Id, wrong, true, None));
        Assert.Equal(ApnsCertificateFault.WrongEnvironment, refusal.CertificateFault);
        refusal = await Assert.ThrowsAsync<PushCredentialException>(
            () => scene.Credentials().AddCertificateAsync(scene.Id, wrong with { File = new byte[] { 1 } }, true, None));
        Assert.Equal(ApnsCertificateFault.NotPkcs12, refusal.CertificateFault);
        refusal = await Assert.ThrowsAsync<PushCredentialException>(
            () => scene.Credentials().AddServiceAccountAsync(scene.Id, "{}"u8.ToArray(), false, None));
        Assert.Equal(FcmServiceAccountFault.NotServiceAccount, refusal.ServiceAccountFault);
        Assert.DoesNotContain(nameof(IPlatform.AddPushConfigurationsAsync), scene.Platform.Calls);
    }

    [Fact]
    public async Task An_inspection_lists_what_a_replacement_would_remove_and_changes_nothing()
    {
        var old = await scene.AddAsync();
        var would = await scene.Credentials().PreviewCertificateAsync(scene.Id, scene.Upload(), true, None);
        Assert.Null(would.Id);
        Assert.Equal([old], would.Replaced);
        Assert.Empty((await scene.Credentials().PreviewCertificateAsync(scene.Id, scene.Upload(), false, None)).Replaced);
        Assert.Null((await scene.Credentials().AddServiceAccountAsync(scene.Id, ServiceAccount, onlyInspects: true, None)).Id);
        Assert.Null(await scene.Credentials().AddSenderAsync(scene.Id, "1", "key", onlyInspects: true, None));
        Assert.Equal(1, scene.Platform.Count(nameof(IPlatform.AddPushConfigurationsAsync)));
        Assert.Equal([old], await scene.IdsAsync());
    }

    [Fact]
    public async Task A_replacement_removes_only_certificates_with_its_bundle_id_and_environment()
    {
        var kept = new[]
        {
            await scene.AddAsync(scene.Upload(CertificateKind.Development)),
            await scene.AddAsync(scene.Upload(bundleId: Other)),
            await scene.AddAsync(scene.Upload(bundleId: TestCertificates.BundleId + ".voip")),
            await scene.AddDirectlyAsync(scene.Upload(bundleId: Other)),
            await scene.AddDirectlyAsync(scene.Upload(CertificateKind.Development, forProduction: false)),
            await scene.AddDirectlyAsync(scene.Upload(bundleId: TestCertificates.BundleId.ToUpperInvariant())),
        };
        var old = new[]
        {
            await scene.AddAsync(scene.Upload(CertificateKind.Universal)), await scene.AddAsync(), await scene.AddDirectlyAsync(scene.Upload()),
        };
        var added = await scene.Credentials().AddCertificateAsync(scene.Id, scene.Upload(), replaces: true, None);
        Assert.Equal(old.Order(), added.Replaced.Order());
        Assert.Empty(added.Left);
        Assert.Equal([.. kept.Append(added.Id!).Order()], (await scene.IdsAsync()).Order());
    }

    [Fact]
    public async Task A_registration_that_does_not_replace_removes_nothing()
    {
        var ids = new[] { await scene.AddAsync(), await scene.AddAsync() };
        Assert.Equal(ids.Order(), (await scene.IdsAsync()).Order());
    }

    [Fact]
    public async Task After_an_interrupted_replacement_the_same_request_removes_the_old_certificate()
    {
        var old = await scene.AddAsync();
        scene.Platform.FailAfter(nameof(IPlatform.AddPushConfigurationsAsync), new CrashException("between"));
        await Assert.ThrowsAsync<CrashException>(() => scene.AddAsync(replaces: true));
        scene.Platform.Recover();
        var between = await scene.IdsAsync();
        Assert.Equal(2, between.Count);
        Assert.Contains(old, between);

        scene.Platform.FailBefore(nameof(IPlatform.DeletePushConfigurationAsync), new CrashException("before a removal"));
        await Assert.ThrowsAsync<CrashException>(() => scene.AddAsync(replaces: true));
        scene.Platform.Recover();
        Assert.Equal(3, (await scene.IdsAsync()).Count);

        Assert.Equal([await scene.AddAsync(replaces: true)], await scene.IdsAsync());
    }

    [Fact]
    public async Task A_removal_that_fails_does_not_lose_the_answer()
    {
        var old = await scene.AddAsync();
        scene.Platform.FailBefore(nameof(IPlatform.DeletePushConfigurationAsync), PlatformException.Unavailable());
        var added = await scene.Credentials().AddCertificateAsync(scene.Id, scene.Upload(), replaces: true, None);
        Assert.Equal([old], added.Left);
        Assert.Empty(added.Replaced);
        Assert.IsType<PlatformException>(Assert.Single(added.Failures).Error);
        Assert.Equal([.. new[] { old, added.Id! }.Order()], (await scene.IdsAsync()).Order());
    }

    [Fact]
    public async Task A_failing_store_does_not_lose_the_answer()
    {
        var added = await scene.Credentials(new ReadOnlyStore(scene.Custody.Store)).AddCertificateAsync(scene.Id, scene.Upload(), false, None);
        Assert.IsType<StoreUnavailableException>(Assert.Single(added.Failures).Error);
        Assert.Equal([added.Id!], await scene.IdsAsync());

        // It is still found by its name.
        Assert.Equal([added.Id!], (await scene.Credentials().AddCertificateAsync(scene.Id, scene.Upload(), replaces: true, None)).Replaced);
    }

    [Fact]
    public async Task Two_concurrent_replacements_leave_at_least_one_certificate()
    {
        await scene.AddAsync();
        // Both have registered before either continues.
        var both = new TaskCompletionSource();
        var registered = 0;
        scene.Platform.After(nameof(IPlatform.AddPushConfigurationsAsync), stop =>
        {
            if (Interlocked.Increment(ref registered) == 2) both.SetResult();
            return both.Task.WaitAsync(stop);
        });
        var added = await Task.WhenAll(Task.Run(() => scene.AddAsync(replaces: true)), Task.Run(() => scene.AddAsync(replaces: true)));
        scene.Platform.Recover();
        Assert.NotEmpty(added.Intersect(await scene.IdsAsync()));
        Assert.Equal([await scene.AddAsync(replaces: true)], await scene.IdsAsync());
    }

    [Fact]
    public async Task Service_accounts_and_senders_are_registered_and_removed()
    {
        var credentials = scene.Credentials();
        var account = await credentials.AddServiceAccountAsync(scene.Id, ServiceAccount, false, None);
        Assert.Equal(TestServiceAccounts.ProjectId, account.Account.ProjectId);
        var sender = await credentials.AddSenderAsync(scene.Id, "1", "key", false, None);
        Assert.Equal(
            [(PushType.Gcm, sender), (PushType.Fcm, account.Id)],
            (await credentials.ListAsync(scene.Id, None)).Select(one => (one.Configuration.Type, (string?)one.Configuration.Id)));
        foreach (var (id, key) in new[] { ("", "key"), ("1", " "), ("1", new string('k', ManagedPushCredentials.TextSize + 1)) })
        {
            var refusal = await Assert.ThrowsAsync<CustodyException>(() => credentials.AddSenderAsync(scene.Id, id, key, false, None));
            Assert.Equal(CustodyFault.Invalid, refusal.Fault);
        }

        await credentials.DeleteAsync(scene.Id, PushType.Gcm, sender!, None);
        var gone = await Assert.ThrowsAsync<CustodyException>(() => credentials.DeleteAsync(scene.Id, PushType.Gcm, sender!, None));
        Assert.Equal(CustodyFault.PushCredentialNotFound, gone.Fault);
        await credentials.DeleteAsync(scene.Id, PushType.Fcm, account.Id!, None);
        Assert.Empty(await credentials.ListAsync(scene.Id, None));
    }

    [Fact]
    public async Task An_application_outside_custody_is_unknown()
    {
        var stranger = (await scene.Custody.Direct.CreateAsync("stranger", None)).Id;
        var credentials = scene.Credentials();
        foreach (var call in new Func<Task>[]
        {
            () => credentials.AddCertificateAsync(stranger, scene.Upload(), false, None),
            () => credentials.PreviewCertificateAsync(stranger, scene.Upload(), false, None),
            () => credentials.AddServiceAccountAsync(stranger, ServiceAccount, false, None),
            () => credentials.AddSenderAsync(stranger, "1", "key", false, None),
            () => credentials.ListAsync(stranger, None),
            () => credentials.DeleteAsync(stranger, PushType.Apns, "0", None),
        })
        {
            Assert.Equal(CustodyFault.ApplicationNotFound, (await Assert.ThrowsAsync<CustodyException>(call)).Fault);
        }
    }

    [Fact]
    public void ToString_of_an_upload_shows_no_password() =>
        Assert.DoesNotContain("hunter2", new CertificateUpload(default, "hunter2", null, true).ToString(), StringComparison.Ordinal);

    private static byte[] ServiceAccount => Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString());

    private sealed class ReadOnlyStore(ITableStore store) : InterposedStore(store)
    {
        public override ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
            throw new StoreUnavailableException("It takes nothing.", new IOException());
    }
}
