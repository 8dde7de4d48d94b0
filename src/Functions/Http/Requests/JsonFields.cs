using System.Text.Json;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The members of a JSON object, each asked for by its wire name and type. A null counts as missing.</summary>
internal sealed class JsonFields(JsonElement root)
{
    /// <summary>A whole number that must be there, between two others, both inclusive.</summary>
    /// <exception cref="PlatformException">400105 where it is missing, 400101 where it is no number, 400113 where it is out of
    /// its range.</exception>
    public int RequiredInteger(string name, int least, int most)
    {
        var value = Required(name);
        if (value.ValueKind != JsonValueKind.Number) throw PlatformException.NumberExpected(name);
        return value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw PlatformException.OutOfRange($"{name} must be an integer from {least} to {most}.");
    }

    /// <summary>A text that must be there.</summary>
    /// <exception cref="PlatformException">400105 where it is missing, 400100 where it is no text.</exception>
    public string RequiredString(string name)
    {
        var value = Required(name);
        if (value.ValueKind != JsonValueKind.String) throw PlatformException.StringExpected(name);
        try
        {
            return value.GetString() ?? throw PlatformException.Required(name);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair (\ud800) is JSON, but no text.
            throw PlatformException.MalformedBody($"{name} is not valid Unicode.");
        }
    }

    /// <summary>A date such as 2016-01-05 that must be there.</summary>
    /// <exception cref="PlatformException">400105 where it is missing, 400100 where it is no text, 400111 where it is no date.
    /// </exception>
    public DateOnly RequiredDate(string name) => Dates.TryParse(RequiredString(name)) ?? throw Dates.Invalid(name);

    /// <summary>A whole number of seconds from 0 on, or null where it is missing.</summary>
    /// <exception cref="PlatformException">400101 where it is no number, 400113 where it is none of those.</exception>
    public TimeSpan? OptionalSeconds(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? TimeSpan.FromSeconds(RequiredInteger(name, 0, int.MaxValue))
            : null;

    private JsonElement Required(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : throw PlatformException.Required(name);
}
