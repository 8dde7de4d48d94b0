using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>Reads what is sent to register a push credential.</summary>
internal static class PushForms
{
    /// <summary>A certificate: multipart/form-data.</summary>
    /// <exception cref="RequestException">There is no certificate, or a field is not valid.</exception>
    public static async Task<CertificateUpload> ReadCertificateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var form = await MultipartForm.ReadAsync(request, cancellation);
        return new CertificateUpload(
            form?.File("certificate") ?? throw RequestException.MissingFile("certificate"),
            form.Text("password"),
            form.Text("environment")?.Trim() switch
            {
                null or "" => null,
                "development" => false,
                "production" => true,
                _ => throw RequestException.Invalid("environment must be development or production."),
            },
            form.Boolean("has_unread_count_badge") ?? true);
    }
}

/// <summary>The types of push credentials, as the wire names them.</summary>
internal static class PushTypes
{
    public static string NameOf(PushType type) => type switch
    {
        PushType.Gcm => "gcm",
        PushType.Fcm => "fcm",
        PushType.Apns => "apns",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The type in a URL.</summary>
    /// <exception cref="ProblemException">404: there is no such type.</exception>
    public static PushType Parse(string name) => name switch
    {
        "gcm" => PushType.Gcm,
        "fcm" => PushType.Fcm,
        "apns" => PushType.Apns,
        _ => throw new ProblemException(Problem.NotFound("There is no such push type.")),
    };
}
