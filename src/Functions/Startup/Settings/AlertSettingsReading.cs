using Gatehouse.Alerts;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Who is told of alerts, as an operator configures it.</summary>
internal static class AlertSettingsReading
{
    /// <summary>The names of these settings.</summary>
    public static readonly IReadOnlyList<string> Names = ["Alerts__WebhookUrl", "Alerts__Secret", "Alerts__PreviousSecret"];

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">One of them is wrong, or without another that it needs.</exception>
    public static AlertSettings Read(IConfiguration configuration)
    {
        var alerts = configuration.GetSection("Alerts");
        if (alerts["WebhookUrl"] is not { } url)
        {
            return alerts["Secret"] is null && alerts["PreviousSecret"] is null
                ? new AlertSettings()
                : throw new SettingException("Alerts__Secret is for Alerts__WebhookUrl, which is not set.");
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            || address.UserInfo.Length > 0)
        {
            throw new SettingException("Alerts__WebhookUrl must be an https address without a user, or http on loopback.");
        }
        List<AlertSecret> secrets = [Secret("Alerts__Secret", alerts["Secret"])];
        if (alerts["PreviousSecret"] is { } previous) secrets.Add(Secret("Alerts__PreviousSecret", previous));
        return new AlertSettings { Receiver = new AlertReceiver(address, secrets) };
    }

    private static AlertSecret Secret(string name, string? text) => AlertSecret.TryParse(text)
        ?? throw new SettingException($"{name} must be whsec_ and the base64 of 24 to 64 bytes.");
}
