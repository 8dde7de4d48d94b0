using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Push;

namespace Gatehouse.Platform.Hosted;

/// <summary>The bodies of requests.</summary>
internal static class HostedContent
{
    // The contract's own spelling ("Prepare to use API", "Headers").
    private const string JsonType = "application/json; charset=utf8";

    /// <summary>An empty object.</summary>
    public static readonly Func<HttpContent> Empty = () => Json("{}"u8.ToArray());

    /// <summary>JSON.</summary>
    public static Func<HttpContent> Json<T>(T value, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return () => Json(bytes);
    }

    /// <summary>The body of a request to add a push configuration (contract, "Multipart requests").</summary>
    public static Func<HttpContent> Of(PushRegistration registration) => registration switch
    {
        SenderRegistration sender => Json(new SenderAddition(sender.SenderId, sender.ApiKey), HostedJson.Default.SenderAddition),
        ServiceAccountRegistration account => () => new MultipartFormDataContent
        {
            File("service_account_key", "service-account.json", "application/json", FileText.WithoutMark(account.KeyFile)),
        },
        CertificateRegistration certificates => () => Form(certificates),
        _ => throw new ArgumentException("Unknown kind of registration.", nameof(registration)),
    };

    private static ByteArrayContent Json(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", JsonType);
        return content;
    }

    private static MultipartFormDataContent Form(CertificateRegistration certificates)
    {
        var form = new MultipartFormDataContent();
        var options = certificates.Options;
        form.Add(Field("has_unread_count_badge", options.HasUnreadCountBadge ? "true" : "false"));
        // Newer than the contract, so sent only where they differ from the default.
        if (options.ContentAvailable) form.Add(Field("content_available", "true"));
        if (options.MutableContent) form.Add(Field("mutable_content", "true"));
        if (options.PushSound.Length > 0) form.Add(Field("push_sound", options.PushSound));
        if (!string.IsNullOrEmpty(certificates.Password)) form.Add(Field("apns_cert_password", certificates.Password));
        Add("apns_cert_development", certificates.Development);
        Add("apns_cert_production", certificates.Production);
        Add("apns_cert", certificates.Either);
        return form;

        void Add(string name, ReadOnlyMemory<byte>? file)
        {
            if (file is { } bytes) form.Add(File(name, "certificate.p12", "application/x-pkcs12", bytes));
        }
    }

    private static ByteArrayContent Field(string name, string value) => Part(Encoding.UTF8.GetBytes(value), name, null);

    private static ByteArrayContent File(string name, string fileName, string type, ReadOnlyMemory<byte> bytes)
    {
        var part = Part(bytes.ToArray(), name, fileName);
        part.Headers.ContentType = new MediaTypeHeaderValue(type);
        return part;
    }

    // In quotes, as in the contract and as browsers send them.
    private static ByteArrayContent Part(byte[] bytes, string name, string? fileName)
    {
        var part = new ByteArrayContent(bytes);
        part.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data")
        {
            Name = $"\"{name}\"",
            FileName = fileName is null ? null : $"\"{fileName}\"",
        };
        return part;
    }
}
