using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>Reads the form of a new push certificate.</summary>
internal static class PushForms
{
    /// <summary>Reads a certificate from multipart/form-data.</summary>
    /// <exception cref="RequestException">There is no certificate, or a field is not valid.</exception>
    public static async Task<CertificateUpload> ReadCertificateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var form = await MultipartForm.ReadOnlyFormAsync(request, cancellation);
        form?.RequireKnown("certificate", "password", "environment", "has_unread_count_badge");
        return new CertificateUpload(
            form?.File("certificate") ?? throw RequestException.MissingFile("certificate"),
            form.Text("password"),
            form.Text("environment")?.Trim() switch
            {
                null => null,
                "development" => false,
                "production" => true,
                _ => throw RequestException.Invalid("environment must be development or production."),
            },
            form.Boolean("has_unread_count_badge") ?? true);
    }
}

/// <summary>The names of the types of push credentials in URLs and answers.</summary>
internal static class PushTypeNames
{
    public static string Of(PushType type) => type switch
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
