using Gatehouse.Alerts;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where alerts are sent to: <c>Alerts__...</c>.</summary>
internal sealed class AlertsOptions
{
    /// <summary>The address that they are posted to. Without it they are not sent.</summary>
    public string? WebhookUrl { get; set; }

    /// <summary>The secret that they are signed with.</summary>
    public string? Secret { get; set; }

    /// <summary>The secret before it, during a rotation.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>The settings. The options must be valid.</summary>
    internal AlertSettings ToSettings() => WebhookUrl is null ? new AlertSettings() : new AlertSettings
    {
        Receiver = new AlertReceiver(
            new Uri(WebhookUrl), [.. new[] { Secret, PreviousSecret }.Select(AlertSecret.TryParse).OfType<AlertSecret>()]),
    };
}

/// <summary>Validates <see cref="AlertsOptions"/>.</summary>
internal sealed class AlertsOptionsValidator : IValidateOptions<AlertsOptions>
{
    public ValidateOptionsResult Validate(string? name, AlertsOptions options) => SettingRules.Result(Fault(options));

    private static string? Fault(AlertsOptions options)
    {
        if (options.WebhookUrl is null)
        {
            return options is { Secret: null, PreviousSecret: null }
                ? null : "Alerts__Secret is for Alerts__WebhookUrl, which is not set.";
        }
        if (!IsReceiver(options.WebhookUrl)) return "Alerts__WebhookUrl must be an https address without a user, or http on loopback.";
        return SecretFault("Alerts__Secret", options.Secret)
            ?? (options.PreviousSecret is null ? null : SecretFault("Alerts__PreviousSecret", options.PreviousSecret));
    }

    private static bool IsReceiver(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address.UserInfo.Length == 0;

    private static string? SecretFault(string name, string? text) =>
        AlertSecret.TryParse(text) is null ? $"{name} must be whsec_ and the base64 of 24 to 64 bytes." : null;
}
