using System.Text.Json;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Hosting;

/// <summary>The members of a JSON object, each asked for by its wire name and type. A null counts as missing.</summary>
internal sealed class JsonFields(JsonElement root)
{
    /// <summary>A text that must be there.</summary>
    /// <exception cref="PlatformException">400105 where it is missing, 400100 where it is no text.</exception>
    public string RequiredString(string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            throw PlatformException.Required(name);
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
}
