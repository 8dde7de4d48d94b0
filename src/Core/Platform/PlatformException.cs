namespace Gatehouse.Platform;

/// <summary>The platform refuses, or cannot answer: its code, the HTTP status, and a message for the caller.</summary>
/// <remarks>
/// The service answers 400 for nearly everything, including an invalid token and an unknown id. Messages follow its wording.
/// </remarks>
public sealed class PlatformException(int status, int code, string message) : Exception(message)
{
    /// <summary>The code of <see cref="InvalidCredential"/>.</summary>
    public const int InvalidCredentialCode = 400401;

    /// <summary>The code of <see cref="NotAuthorized"/>.</summary>
    public const int NotAuthorizedCode = 400108;

    /// <summary>The code of <see cref="OutOfRange"/>.</summary>
    public const int OutOfRangeCode = 400113;

    /// <summary>The code of <see cref="NotFound"/>.</summary>
    public const int NotFoundCode = 400201;

    /// <summary>The code of <see cref="TooMany"/>.</summary>
    public const int TooManyCode = 400203;

    /// <summary>The code of <see cref="ApplicationNotFound"/>.</summary>
    public const int ApplicationNotFoundCode = 400304;

    /// <summary>The code of <see cref="NoSuchUrl"/>.</summary>
    public const int NoSuchUrlCode = 400404;

    /// <summary>The status of an answer that no platform gives: our address is wrong, or something else answers there.</summary>
    public const int WrongAddressStatus = 502;

    /// <summary>The HTTP status: 400, 413, 415, 429, 500, 502 or 503.</summary>
    public int Status { get; } = status;

    /// <summary>The platform's own code, of six digits.</summary>
    public int Code { get; } = code;

    /// <summary>
    /// Whether nothing was done: the platform refused, or received nothing. Otherwise it failed, and the request may have
    /// been carried out.
    /// </summary>
    public bool IsRefusal => Status < 500 || NotSent;

    /// <summary>Whether the platform could not be reached, so that it received nothing of the request.</summary>
    public bool NotSent { get; init; }

    /// <summary>How long to wait before the next try, as the platform said; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>
    /// The setting that an operator must check; null if no setting can be the cause. With a setting, the failure is not the caller's
    /// fault, even if the code usually means that.
    /// </summary>
    public string? Setting { get; init; }

    /// <summary>400100: a string was expected.</summary>
    public static PlatformException StringExpected(string parameter) => new(400, 400100, $"{parameter} must be a string.");

    /// <summary>400101: a number was expected.</summary>
    public static PlatformException NumberExpected(string parameter) => new(400, 400101, $"{parameter} must be a number.");

    /// <summary>400104: a boolean was expected.</summary>
    public static PlatformException BooleanExpected(string parameter) => new(400, 400104, $"{parameter} must be a boolean.");

    /// <summary>400105: a required parameter is missing.</summary>
    public static PlatformException Required(string parameter) => new(400, 400105, $"{parameter} must be required.");

    /// <summary>400108: the credential is valid, but not for this request.</summary>
    public static PlatformException NotAuthorized(string message) => new(400, NotAuthorizedCode, message);

    /// <summary>400110: a value is too long.</summary>
    public static PlatformException TooLong(string parameter, string limit) =>
        new(400, 400110, $"{parameter} must be at most {limit}.");

    /// <summary>400110 under HTTP 413: the body is too long.</summary>
    public static PlatformException BodyTooLarge(int limit) =>
        new(413, 400110, $"The body must be at most {limit} bytes.");

    /// <summary>400111: a value is not valid.</summary>
    public static PlatformException Invalid(string message) => new(400, 400111, message);

    /// <summary>400113: a value is out of its range.</summary>
    public static PlatformException OutOfRange(string message) => new(400, OutOfRangeCode, message);

    /// <summary>400201: there is no such resource.</summary>
    public static PlatformException NotFound(string resource) => new(400, NotFoundCode, $"\"{resource}\" not found.");

    /// <summary>400203: the limit is reached.</summary>
    public static PlatformException TooMany(string message) => new(400, TooManyCode, message);

    /// <summary>400203: the application has as many push configurations as it can have.</summary>
    public static PlatformException TooManyPushConfigurations(int most) =>
        TooMany($"An application can have at most {most} push configurations.");

    /// <summary>400304: the credential's application was deleted.</summary>
    public static PlatformException ApplicationNotFound() => new(400, ApplicationNotFoundCode, "\"Application\" not found.");

    /// <summary>400401: the credential is missing or not valid.</summary>
    public static PlatformException InvalidCredential(string message) => new(400, InvalidCredentialCode, message);

    /// <summary>400403: the body is not valid.</summary>
    public static PlatformException MalformedBody(string message) => new(400, 400403, message);

    /// <summary>400404: there is no such URL, or it does not take this method.</summary>
    public static PlatformException NoSuchUrl() => new(400, NoSuchUrlCode, "There is no such URL with this method.");

    /// <summary>500910 under HTTP 429: there were too many requests.</summary>
    public static PlatformException TooManyRequests(TimeSpan? retryAfter) =>
        new(429, 500910, "There were too many requests.") { RetryAfter = retryAfter };

    /// <summary>500901: an internal fault of the platform. The message does not describe it.</summary>
    public static PlatformException Internal() => new(500, 500901, "Unexpected internal error.");

    /// <summary>500901 under HTTP 503: there is too much work at the moment. Nothing was done.</summary>
    public static PlatformException Busy() =>
        new(503, 500901, "The service has too much work just now.") { NotSent = true, RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>500901 under HTTP 503: the platform cannot answer at the moment.</summary>
    public static PlatformException Unavailable() => new(503, 500901, "The service is not available just now.");
}
