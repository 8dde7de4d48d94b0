using System.Globalization;
using System.Text.Json;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// Reads the platform's answers, in every form seen so far: values or objects around them, numbers or strings of digits,
/// times in seconds or milliseconds since 1970 or by RFC 3339. Everything else is ignored.
/// </summary>
internal static class ResponseJson
{
    // Seconds of the year 5138, milliseconds of the year 1973.
    private const long LeastMilliseconds = 100_000_000_000;

    /// <summary>The first of the members that exists and is not null; undefined if there is none.</summary>
    public static JsonElement Member(this JsonElement body, params ReadOnlySpan<string> names)
    {
        if (body.ValueKind != JsonValueKind.Object) return default;
        foreach (var name in names)
            if (body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null) return value;
        return default;
    }

    /// <summary>Whether a value says nothing: missing, null, or an empty list, which some writers send for an empty object.</summary>
    public static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    /// <summary>A string, or the string in one of the named members of an object; null if there is none.</summary>
    public static string? Text(this JsonElement value, params ReadOnlySpan<string> names)
    {
        if (value.ValueKind == JsonValueKind.Object) value = value.Member(names);
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A whole number, or a string with one; null where it is neither.</summary>
    public static long? Int64(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when JsonInteger.TryRead(value, out var number) => number,
        JsonValueKind.String when long.TryParse(value.Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>A boolean, or a string with one, or a number: true if it is not 0.</summary>
    public static bool Boolean(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => bool.TryParse(value.Text(), out var truth) && truth,
        JsonValueKind.Number => Int64(value) is not (null or 0),
        _ => false,
    };

    /// <summary>A time that a table can hold; null for anything else.</summary>
    public static DateTimeOffset? Time(JsonElement value) => Instant(value) is { } time && time >= TableLimits.EarliestInstant ? time : null;

    private static DateTimeOffset? Instant(JsonElement value)
    {
        if (Number(value) is { } number)
        {
            var milliseconds = Math.Abs(number) < LeastMilliseconds ? number * 1000 : number;
            return milliseconds >= 0 && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
                : null;
        }
        return DateTimeOffset.TryParse(
            value.Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
    }

    /// <summary>An API token, alone or in an object.</summary>
    /// <exception cref="PlatformException">It is missing or not valid.</exception>
    public static ApiToken Token(JsonElement value) =>
        ApiToken.TryParse(value.Text("token", "api_token")) ?? throw HostedFaults.Malformed("an API token is missing or none");

    /// <summary>An application's id.</summary>
    /// <exception cref="PlatformException">It is missing or not valid.</exception>
    public static AppId Application(JsonElement value) =>
        AppId.TryParse(value.Text("app_id", "id")) ?? throw HostedFaults.Malformed("an application's id is missing or none");

    /// <summary>A count.</summary>
    /// <exception cref="PlatformException">It is not a count.</exception>
    public static long Count(JsonElement value, string what) =>
        Int64(value) is >= 0 and var number ? number : throw HostedFaults.Malformed($"{what} is no count");

    /// <summary>A list, which may be the body itself.</summary>
    /// <exception cref="PlatformException">There is no list.</exception>
    public static JsonElement.ArrayEnumerator List(this JsonElement body, string name)
    {
        var list = body.ValueKind == JsonValueKind.Array ? body : body.Member(name);
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw HostedFaults.Malformed($"{name} is no list");
    }

    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out var number) => number,
        JsonValueKind.String when double.TryParse(value.Text(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
