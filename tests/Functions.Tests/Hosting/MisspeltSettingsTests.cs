using Gatehouse.Functions.Startup.Settings;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>Names that were probably meant as settings, within our sections and outside them.</summary>
public sealed class MisspeltSettingsTests
{
    [Theory]
    [InlineData("Storage__Path", "Storage__Pth")]
    [InlineData("Storage__Path", "Storage__PATHS")]
    [InlineData("Platform__OrganizationUrl", "Platform__OrganisationUrl")]
    [InlineData("Ops__Callers__3__KeySha256", "Ops__Callers__3__KeySha265")]
    [InlineData("Ops__Callers__0__Roles__12", "Ops__Callers__0__Role__12")]
    [InlineData("Ops__Callers__1__Roles__M", "Ops__Callers__1__Roles")]
    [InlineData("Ops__Callers__N__Name", "Ops__Callers__Name")]
    [InlineData("Entra__Confined__2__Applications__0", "Entra__Confined__2__Aplications__0")]
    public void A_name_within_a_section_is_refused_with_the_nearest_known_one(string nearest, string name) => Assert.Equal(
        $"{name} is not a setting. Did you mean {nearest}?",
        Assert.Throws<SettingException>(() => GatehouseSettings.Read(With((name, "x")))).Message);

    [Theory]
    [InlineData("Ops__Callers__0__Colour")]
    [InlineData("Storage__Colour")]
    public void A_name_that_resembles_none_of_its_section_is_refused_with_all_of_them(string name) => Assert.Contains(
        "is not a setting; under ", Assert.Throws<SettingException>(() => GatehouseSettings.Read(With((name, "x")))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Platfrom__Mode", "Platform__Mode")]
    [InlineData("PLATFROM__MODE", "Platform__MODE")]
    [InlineData("Storge__Path", "Storage__Path")]
    [InlineData("Orgnization__User", "Organization__User")]
    [InlineData("Organisation__Password", "Organization__Password")]
    [InlineData("Keyvalt__Uri", "KeyVault__Uri")]
    [InlineData("Allerts__WebhookUrl", "Alerts__WebhookUrl")]
    [InlineData("Enttra__Confined__0__Id", "Entra__Confined__0__Id")]
    public void A_slip_in_a_section_s_name_stops_the_start(string name, string meant) => Assert.Equal(
        $"{name} is not a setting. Did you mean {meant}?", Assert.Throws<SettingException>(() => MisspeltSettings.Find(With((name, "x")))).Message);

    [Theory]
    [InlineData("Alert__Secret", "Alerts__Secret")]
    [InlineData("Platforms__Mode", "Platform__Mode")]
    [InlineData("Opps__LocalKey", "Ops__LocalKey")]
    [InlineData("Sotrge__Path", "Storage__Path")]
    [InlineData("STORAGE_PATH", "Storage__Path")]
    [InlineData("RotateShedule", "RotateSchedule")]
    [InlineData("UrgentJobSchedule", "UrgentJobsSchedule")]
    [InlineData("ShutdownSecods", "ShutdownSeconds")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPIONT", "OTEL_EXPORTER_OTLP_ENDPOINT")]
    public void What_can_be_another_program_s_is_a_warning(string name, string meant) =>
        Assert.Equal([$"{name} ({meant})"], MisspeltSettings.Find(With((name, "x"))).Doubtful);

    [Theory]
    [InlineData("Platfrom__Colour")]
    [InlineData("Platfrom")]
    [InlineData("Mongo__Path")]
    [InlineData("Store__Path")]
    [InlineData("BackupSchedule")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("URL")]
    [InlineData("PATH")]
    [InlineData("Serilog__MinimumLevel__Default")]
    [InlineData("AzureFunctionsJobHost__logging__logLevel__default")]
    public void Variables_of_other_programs_are_left_alone(string name) => Assert.Empty(MisspeltSettings.Find(With((name, "x"))).Doubtful);

    [Fact]
    public void A_setting_that_is_set_was_not_misspelt() =>
        Assert.Empty(MisspeltSettings.Find(With(("Platfrom__Mode", "Hosted"), ("Platform__Mode", "Embedded"))).Doubtful);

    private static IConfiguration With(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting =>
            KeyValuePair.Create(setting.Name.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)))
        .Build();
}
