using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Common;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// Interprets the platform's answers, and missing answers. The platform answers 400 with a code of its own for every
/// refusal. Only that counts as a refusal: proxies on the way return errors too. What can come from a wrong address in our settings
/// names the setting, and is never the caller's fault.
/// </summary>
internal static partial class HostedFaults
{
    private const int RateLimitCode = 500910;
    private const int MostMessageCharacters = 300;
    private const int FirstValueCode = 400100, LastValueCode = 400199, TooLongCode = 400110, InvalidCode = 400111;
    private const string RegionSetting = "Platform__RegionKey";

    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    /// <summary>What is wrong with an answer; null for nothing.</summary>
    public static PlatformException? Find(HttpResponseMessage response, HostedBody body, HostedRequest request, TimeProvider time)
    {
        var status = (int)response.StatusCode;
        var (code, message) = ReadError(body.Json);
        if (status is >= 200 and < 300 && code is null)
        {
            return body.Kind switch
            {
                BodyKind.TooLarge => Malformed($"over {HostedAttempt.BodyLimit} bytes"),
                BodyKind.NotJson => Unavailable("The platform's answer is malformed: no JSON.", null, setting: request.Address.Setting),
                _ => null,
            };
        }
        if (status == 429 || code == RateLimitCode) return PlatformException.TooManyRequests(RetryAfter(response, time));
        if (status < 500 && code is > 0 and not (>= 500_000 and < 600_000))
        {
            return new PlatformException(status == 413 ? 413 : 400, code.Value, Clean(message, request))
            {
                Setting = SettingAtFault(code.Value, message, request),
            };
        }
        return status switch
        {
            // The form in which the organization API refuses a credential is not documented.
            401 or 403 when request.Credential.Header == GateOrganization.TokenHeader =>
                PlatformException.InvalidCredential("The organization's API token is not valid."),
            // The platform answers every request of ours with its own code. Without one, something else answers there.
            400 or 404 or 405 or 410 or 415 or 421 when code is null => Unavailable(
                $"Status {status} was answered, and not in the platform's format.", null, status: PlatformException.WrongAddressStatus,
                setting: request.Address.Setting),
            500 => Unavailable("The platform has failed.", RetryAfter(response, time), status: 500),
            _ => Unavailable($"The platform has answered with status {status}.", RetryAfter(response, time)),
        };
    }

    /// <summary>
    /// Explains an exception of the HTTP client; null for any other exception. The exception itself is not passed on.
    /// </summary>
    public static PlatformException? Explain(Exception e, HostedRequest request) => e switch
    {
        HttpRequestException failed when ConnectionFault.Reason(failed) is not null => Unavailable(
            ConnectionFault.Explain("The platform", failed), null, notSent: true,
            setting: failed.HttpRequestError == HttpRequestError.NameResolutionError ? request.Address.Setting : null),
        HttpRequestException or IOException => Unavailable("The platform's answer was lost on the way.", null),
        // The connection was not established in time.
        OperationCanceledException => Unavailable("The platform cannot be reached in time.", null),
        _ => null,
    };

    /// <summary>The address redirects. Tokens are not sent to another address.</summary>
    public static PlatformException Redirected(HostedRequest request) =>
        Unavailable("The platform's address redirects elsewhere.", null, setting: request.Address.Setting);

    /// <summary>An answer that is not what the platform documents.</summary>
    public static PlatformException Malformed(string what) => Unavailable($"The platform's answer is malformed: {what}.", null);

    /// <summary>The platform cannot answer.</summary>
    public static PlatformException Unavailable(
        string message, TimeSpan? retryAfter, bool notSent = false, int status = 503, string? setting = null) =>
        new(status, 500901, message) { RetryAfter = retryAfter, NotSent = notSent, Setting = setting };

    // The setting that a refusal is about; null where it can be about a value of the caller, or about the credential.
    private static string? SettingAtFault(int code, string? message, HostedRequest request)
    {
        if (code == PlatformException.NoSuchUrlCode) return request.Address.Setting;
        if (request.Address.Setting != HostedAddress.OrganizationSetting || request.Method == HttpMethod.Delete) return null;
        if (code is not (>= FirstValueCode and <= LastValueCode or PlatformException.NotFoundCode or PlatformException.ApplicationNotFoundCode)
            || code == PlatformException.NotAuthorizedCode)
        {
            return null;
        }
        // The caller's one value is the name in a creation. It is always sent, and always a string, so only its length and its
        // characters can be wrong.
        if (request.Method != HttpMethod.Post || code is not (TooLongCode or InvalidCode or PlatformException.OutOfRangeCode))
            return HostedAddress.OrganizationSetting;
        return message?.Contains("region", StringComparison.OrdinalIgnoreCase) == true ? RegionSetting : null;
    }

    private static (int? Code, string? Message) ReadError(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("code"u8, out var code)) return (null, null);
        if (!body.TryGetProperty("error"u8, out var error) || error.ValueKind == JsonValueKind.False) return (null, null);
        var message = body.TryGetProperty("message"u8, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return (ResponseJson.Int64(code) is >= 0 and <= int.MaxValue and var number ? (int)number : 0, message);
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        // The platform's own header takes precedence.
        foreach (var name in (string[])["X-RateLimit-RetryAfter", "Retry-After"])
        {
            if (!response.Headers.NonValidated.TryGetValues(name, out var values)) continue;
            var text = values.ToString();
            var wait = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
                ? TimeSpan.FromSeconds(Math.Min(seconds, LongestRetryAfter.TotalSeconds))
                : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var instant) ? instant - time.GetUtcNow() : TimeSpan.Zero;
            if (wait > TimeSpan.Zero) return wait < LongestRetryAfter ? wait : LongestRetryAfter;
        }
        return null;
    }

    // The platform's message helps the caller, but must not repeat a secret that was sent.
    private static string Clean(string? message, HostedRequest request)
    {
        if (string.IsNullOrWhiteSpace(message)) return "The platform refuses.";
        if (message.Contains(request.Credential.Value, StringComparison.OrdinalIgnoreCase)
            || request.Secrets.Any(secret => secret.Length > 0 && message.Contains(secret, StringComparison.OrdinalIgnoreCase)))
        {
            return "The platform refuses, in words that hold a secret.";
        }
        message = LikeToken().Replace(message, "...");
        message = string.Concat(message.Select(character => char.IsControl(character) ? ' ' : character));
        return message.Length <= MostMessageCharacters ? message : message[..MostMessageCharacters];
    }

    [GeneratedRegex("[0-9A-Fa-f]{24,}")]
    private static partial Regex LikeToken();
}
