using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Platform;

/// <summary>Reads the body of a new push configuration: JSON for a sender, multipart/form-data for files.</summary>
internal static class PushUpload
{
    /// <summary>Reads the body for a type of push configuration.</summary>
    /// <exception cref="PlatformException">400105: a field is missing; 400111: fields contradict each other.</exception>
    /// <exception cref="RequestException">The body cannot be read.</exception>
    public static async Task<PushRegistration> ReadAsync(HttpRequest request, PushType type, CancellationToken cancellation)
    {
        if (type == PushType.Apns)
            return await MultipartForm.ReadOnlyFormAsync(request, cancellation) is { } upload ? Certificates(upload) : throw NoCertificate();
        if (type != PushType.Gcm && await MultipartForm.ReadAsync(request, cancellation) is { } form)
        {
            return new ServiceAccountRegistration(
                form.ChosenFile("service_account_key") ?? throw PlatformException.Required("service_account_key"));
        }

        var body = await RequestBody.ReadJsonAsync(request, cancellation);
        return new SenderRegistration(type, body.RequiredString("gcm_sender_id"), body.RequiredString("gcm_api_key"));
    }

    private static CertificateRegistration Certificates(MultipartForm form)
    {
        var options = new ApnsOptions(
            form.Boolean("has_unread_count_badge") ?? true,
            form.Boolean("content_available") ?? false,
            form.Boolean("mutable_content") ?? false,
            form.Text("push_sound") ?? "");
        var development = form.ChosenFile("apns_cert_development");
        var production = form.ChosenFile("apns_cert_production");
        var either = form.ChosenFile("apns_cert");
        switch (form.Text("apns_cert_env_type")?.Trim())
        {
            case null or "":
                break;
            case "development":
                (development, either) = (OneOf(development, either, "apns_cert_development"), null);
                break;
            case "production":
                (production, either) = (OneOf(production, either, "apns_cert_production"), null);
                break;
            default:
                throw PlatformException.Invalid("apns_cert_env_type must be development or production.");
        }
        if (development is null && production is null && either is null) throw NoCertificate();
        return new CertificateRegistration(development, production, either, form.Text("apns_cert_password"), options);
    }

    private static ReadOnlyMemory<byte>? OneOf(ReadOnlyMemory<byte>? contractField, ReadOnlyMemory<byte>? newerField, string name) =>
        contractField is not null && newerField is not null
            ? throw PlatformException.Invalid($"Either {name} or apns_cert can be sent for one environment, not both.")
            : contractField ?? newerField;

    private static PlatformException NoCertificate() =>
        PlatformException.Required("apns_cert_development or apns_cert_production");
}
