namespace Gatehouse.Functions.Http.Requests;

/// <summary>Why a request cannot be read.</summary>
internal enum RequestFault
{
    /// <summary>A value is not valid.</summary>
    Invalid,

    /// <summary>A value is missing.</summary>
    Missing,

    /// <summary>A value is not a string.</summary>
    NotString,

    /// <summary>A value is not a number.</summary>
    NotNumber,

    /// <summary>A value is not a boolean.</summary>
    NotBoolean,

    /// <summary>A value is too long.</summary>
    TooLong,

    /// <summary>A number or a date is out of its range.</summary>
    OutOfRange,

    /// <summary>The body is not in the expected format.</summary>
    MalformedBody,

    /// <summary>The body is over its limit.</summary>
    BodyTooLarge,

    /// <summary>The body is encoded, for example compressed.</summary>
    Encoded,

    /// <summary>There is no memory for the body at the moment.</summary>
    NoMemory,
}

/// <summary>
/// A request cannot be read, so nothing was done. The readers throw this for all routes: the facade answers with the message,
/// the routes of the platform with the contract's code for the fault.
/// </summary>
internal sealed class RequestException : Exception
{
    private RequestException(RequestFault fault, string message, string? field = null) : base(message)
    {
        Fault = fault;
        Field = field;
    }

    /// <summary>The reason.</summary>
    public RequestFault Fault { get; }

    /// <summary>The field that is missing; null for any other fault.</summary>
    public string? Field { get; }

    /// <summary>A field or parameter is missing.</summary>
    public static RequestException Missing(string field) => new(RequestFault.Missing, $"{field} is required.", field);

    /// <summary>A file of a form is missing.</summary>
    public static RequestException MissingFile(string field) =>
        new(RequestFault.Missing, $"{field} is required, as a file in multipart/form-data.", field);

    /// <summary>A value is not a string.</summary>
    public static RequestException NotString(string field) => new(RequestFault.NotString, $"{field} must be a string.");

    /// <summary>A value is not a number.</summary>
    public static RequestException NotNumber(string field) => new(RequestFault.NotNumber, $"{field} must be a number.");

    /// <summary>A value is not a boolean.</summary>
    public static RequestException NotBoolean(string field) => new(RequestFault.NotBoolean, $"{field} must be a boolean.");

    /// <summary>A value is longer than a number of bytes.</summary>
    public static RequestException TooLong(string field, int bytes) =>
        new(RequestFault.TooLong, $"{field} must be at most {bytes} bytes.");

    /// <summary>A number or a date is out of its range.</summary>
    public static RequestException OutOfRange(string message) => new(RequestFault.OutOfRange, message);

    /// <summary>A value is not valid for another reason.</summary>
    public static RequestException Invalid(string message) => new(RequestFault.Invalid, message);

    /// <summary>A value is not a date.</summary>
    public static RequestException NotDate(string field) => Invalid($"{field} must be a date such as 2016-01-05.");

    /// <summary>The body is not in the expected format.</summary>
    public static RequestException MalformedBody(string message) => new(RequestFault.MalformedBody, message);

    /// <summary>The body is longer than a number of bytes.</summary>
    public static RequestException BodyTooLarge(int bytes) =>
        new(RequestFault.BodyTooLarge, $"The body must be at most {bytes} bytes.");

    /// <summary>The body has a <c>Content-Encoding</c>.</summary>
    public static RequestException Encoded(string encoding) => new(
        RequestFault.Encoded, $"The Content-Encoding {encoding} is not supported: send the body as it is, without Content-Encoding.");

    /// <summary>There is no memory for the body at the moment.</summary>
    public static RequestException NoMemory() => new(RequestFault.NoMemory, "There are too many requests with large bodies just now.");
}
