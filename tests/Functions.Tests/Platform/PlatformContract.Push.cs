using Gatehouse.Platform;
using Gatehouse.Push;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

public abstract partial class PlatformContract
{
    private static readonly ApnsOptions Plain = new(true, false, false, "");

    [Theory]
    [InlineData(PushType.Gcm)]
    [InlineData(PushType.Fcm)]
    public async Task A_sender_is_added_listed_and_deleted(PushType type)
    {
        var master = await CreateAsync();
        var id = Assert.Single(await Platform.AddPushConfigurationsAsync(master, new SenderRegistration(type, "69981117377", "a \"key\""), None));

        var listed = Assert.IsType<SenderPushConfiguration>(Assert.Single(await Platform.ListPushConfigurationsAsync(master, type, None)));
        Assert.Equal((id, type, "69981117377", "a \"key\""), (listed.Id, listed.Type, listed.SenderId, listed.ApiKey));
        Assert.Empty(await Platform.ListPushConfigurationsAsync(master, PushType.Apns, None));

        await Platform.DeletePushConfigurationAsync(master, type, id, None);
        Assert.Empty(await Platform.ListPushConfigurationsAsync(master, type, None));
        await RefusedAsync(400201, () => Platform.DeletePushConfigurationAsync(master, type, id, None));
    }

    [Fact]
    public async Task A_service_account_is_added_listed_and_deleted()
    {
        var master = await CreateAsync();
        var file = System.Text.Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString());
        var id = Assert.Single(await Platform.AddPushConfigurationsAsync(master, new ServiceAccountRegistration(file), None));

        Assert.Equal(
            new ServiceAccountPushConfiguration(id, Clock.GetUtcNow(), TestServiceAccounts.ProjectId, TestServiceAccounts.PrivateKeyId),
            Assert.Single(await Platform.ListPushConfigurationsAsync(master, PushType.Fcm, None)));
        await Platform.DeletePushConfigurationAsync(master, PushType.Fcm, id, None);
        Assert.Empty(await Platform.ListPushConfigurationsAsync(master, PushType.Fcm, None));
    }

    [Fact]
    public async Task Certificates_are_added_together_listed_and_deleted()
    {
        Clock.Set(DateTimeOffset.UtcNow);
        var master = await CreateAsync();
        var (development, production) = (TestCertificates.P12(CertificateKind.Development), TestCertificates.P12(CertificateKind.Production));
        var options = new ApnsOptions(false, true, true, "bell \"é\".caf");
        var ids = await Platform.AddPushConfigurationsAsync(
            master, new CertificateRegistration(development, production, null, TestCertificates.Password, options), None);
        Assert.Equal(2, ids.Count);

        var listed = (await Platform.ListPushConfigurationsAsync(master, PushType.Apns, None)).Cast<CertificatePushConfiguration>().ToList();
        foreach (var (id, file, forProduction) in ((string, byte[], bool)[])[(ids[0], development, false), (ids[1], production, true)])
        {
            var certificate = ApnsCertificateInspector.Inspect(file, TestCertificates.Password, Clock.GetUtcNow()).Credential!;
            Assert.Contains(
                listed,
                one => (one.Id, one.Name, one.ForProduction, one.ExpiresAt, one.Options)
                    == (id, certificate.CommonName, forProduction, certificate.NotAfter, options));
        }
        await Platform.DeletePushConfigurationAsync(master, PushType.Apns, ids[0], None);
        Assert.Equal(ids[1], Assert.Single(await Platform.ListPushConfigurationsAsync(master, PushType.Apns, None)).Id);
    }

    [Fact]
    public async Task A_certificate_without_a_password_is_accepted()
    {
        Clock.Set(DateTimeOffset.UtcNow);
        var master = await CreateAsync();
        var file = TestCertificates.P12(CertificateKind.Universal, password: null);
        await Platform.AddPushConfigurationsAsync(master, new CertificateRegistration(null, null, file, null, Plain), None);
        var listed = Assert.IsType<CertificatePushConfiguration>(Assert.Single(await Platform.ListPushConfigurationsAsync(master, PushType.Apns, None)));
        Assert.Equal((true, Plain), (listed.ForProduction, listed.Options));
    }

    [Fact]
    public async Task An_invalid_push_configuration_is_refused_and_nothing_is_added()
    {
        Clock.Set(DateTimeOffset.UtcNow);
        var master = await CreateAsync();
        var development = TestCertificates.P12(CertificateKind.Development);
        (int Code, PushRegistration Registration)[] cases =
        [
            (400110, new SenderRegistration(PushType.Gcm, "1", new string('k', 5000))),
            (400111, new ServiceAccountRegistration("{}"u8.ToArray())),
            (400111, new CertificateRegistration(development, null, null, "wrong", Plain)),
            (400111, new CertificateRegistration(null, development, null, TestCertificates.Password, Plain)),
            (400111, new CertificateRegistration(development, new byte[100], null, TestCertificates.Password, Plain)),
        ];
        foreach (var (code, registration) in cases)
            await RefusedAsync(code, () => Platform.AddPushConfigurationsAsync(master, registration, None));
        foreach (var type in Enum.GetValues<PushType>()) Assert.Empty(await Platform.ListPushConfigurationsAsync(master, type, None));
    }

    [Fact]
    public async Task An_invalid_id_of_a_push_configuration_is_not_found()
    {
        var master = await CreateAsync();
        await Platform.AddPushConfigurationsAsync(master, new SenderRegistration(PushType.Gcm, "1", "key"), None);
        foreach (var id in (string[])["", ".", "..", "../..", "%2e%2e", "é", new string('0', 40), new string('0', 5000)])
            await RefusedAsync(400201, () => Platform.DeletePushConfigurationAsync(master, PushType.Gcm, id, None));
        Assert.Single(await Platform.ListPushConfigurationsAsync(master, PushType.Gcm, None));
    }
}
