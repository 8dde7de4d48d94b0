using System.Text.Json;
using Gatehouse.Common;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The fields of a JSON object, read by name and type. A null counts as missing.</summary>
internal sealed class JsonFields(JsonElement root)
{
    /// <summary>A whole number between two bounds, both inclusive.</summary>
    /// <exception cref="RequestException">The field is missing, not a number, or out of range.</exception>
    public int RequiredInteger(string name, int least, int most)
    {
        var value = Required(name);
        if (value.ValueKind != JsonValueKind.Number) throw RequestException.NotNumber(name);
        return JsonInteger.TryRead(value, out var number) && number >= least && number <= most
            ? (int)number
            : throw RequestException.OutOfRange($"{name} must be an integer from {least} to {most}.");
    }

    /// <summary>A string.</summary>
    /// <exception cref="RequestException">The field is missing, not a string, or not valid Unicode.</exception>
    public string RequiredString(string name)
    {
        var value = Required(name);
        if (value.ValueKind != JsonValueKind.String) throw RequestException.NotString(name);
        try
        {
            return value.GetString() ?? throw RequestException.Missing(name);
        }
        catch (InvalidOperationException)
        {
            // JSON can hold half of a surrogate pair (\ud800); a string cannot.
            throw RequestException.MalformedBody($"{name} is not valid Unicode.");
        }
    }

    /// <summary>A date such as 2016-01-05.</summary>
    /// <exception cref="RequestException">The field is missing, not a string, or not a date.</exception>
    public DateOnly RequiredDate(string name) => IsoDate.TryParse(RequiredString(name)) ?? throw RequestException.NotDate(name);

    /// <summary>
    /// A whole number of seconds; null where the field is missing. Who takes it checks its range: more than 68 years either way are
    /// 68 years.
    /// </summary>
    /// <exception cref="RequestException">The field is not a whole number.</exception>
    public TimeSpan? OptionalSeconds(string name)
    {
        if (!Has(name)) return null;
        var value = Required(name);
        if (value.ValueKind != JsonValueKind.Number) throw RequestException.NotNumber(name);
        return JsonInteger.TryRead(value, out var seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, int.MinValue, int.MaxValue))
            : throw RequestException.OutOfRange($"{name} must be a whole number of seconds.");
    }

    /// <summary>Whether there is a field of this name, and not null.</summary>
    public bool Has(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Requires that there are no other fields than the named ones, and none twice.</summary>
    /// <exception cref="RequestException">There is one.</exception>
    public void RequireKnown(IReadOnlyCollection<string> known)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in root.EnumerateObject())
        {
            if (!known.Contains(field.Name, StringComparer.Ordinal)) throw KnownNames.UnknownField(field.Name, known);
            if (!seen.Add(field.Name)) throw RequestException.Invalid($"{field.Name} must be sent once.");
        }
    }

    private JsonElement Required(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : throw RequestException.Missing(name);
}
