using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>Reads what is sent to register a push credential.</summary>
internal static class PushForms
{
    /// <summary>A certificate: multipart/form-data.</summary>
    /// <exception cref="PlatformException">400105 where there is no certificate, 400111 for another environment, and what the
    /// readers of bodies throw.</exception>
    public static async Task<CertificateUpload> ReadCertificateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var form = await MultipartForm.ReadAsync(request, cancellation);
        return new CertificateUpload(
            form?.File("certificate") ?? throw PlatformException.Required("certificate, a file in multipart/form-data,"),
            form.Text("password"),
            form.Text("environment")?.Trim() switch
            {
                null or "" => null,
                "development" => false,
                "production" => true,
                _ => throw PlatformException.Invalid("environment must be development or production."),
            },
            form.Boolean("has_unread_count_badge") ?? true);
    }

    /// <summary>Whether a parameter of the query is <c>true</c>.</summary>
    /// <exception cref="PlatformException">400104 where it is neither true nor false: it is not to be guessed that something
    /// was only to be looked at, or not.</exception>
    public static bool Flag(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => false,
        [var text] when bool.TryParse(text, out var value) => value,
        _ => throw PlatformException.BooleanExpected(name),
    };
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
    /// <exception cref="PlatformException">400201 for any other: there is nothing of it.</exception>
    public static PushType Parse(string name) => name switch
    {
        "gcm" => PushType.Gcm,
        "fcm" => PushType.Fcm,
        "apns" => PushType.Apns,
        _ => throw PlatformException.NotFound("Push type"),
    };
}
