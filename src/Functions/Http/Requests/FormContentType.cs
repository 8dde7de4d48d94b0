using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The <c>Content-Type</c> of a form, and what is wrong with it. Many clients write it by hand.</summary>
internal static class FormContentType
{
    private const string FormType = "multipart/form-data";
    private const int MostBoundaryCharacters = 70;
    private const int MostCharactersShown = 100;

    // What a value without quotes can consist of (RFC 9110, section 5.6.2).
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Whether the body is sent as a form.</summary>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType?.TrimStart().StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The boundary of a form.</summary>
    /// <exception cref="RequestException">The <c>Content-Type</c> is not valid. The message says what is wrong with it.</exception>
    public static string BoundaryOf(HttpRequest request)
    {
        if (request.Headers.ContentType is not [var text]) throw MultipartForm.Malformed("Content-Type is sent more than once");
        if (!MediaTypeHeaderValue.TryParse(text, out var type)) throw MultipartForm.Malformed(Mistake(text!.Trim()));
        if (type.Parameters.Count(parameter => parameter.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase)) > 1)
            throw MultipartForm.Malformed("Content-Type names two boundaries");
        return HeaderUtilities.RemoveQuotes(type.Boundary).ToString() switch
        {
            { Length: 0 } => throw MultipartForm.Malformed("Content-Type names no boundary"),
            { Length: > MostBoundaryCharacters } =>
                throw MultipartForm.Malformed($"its boundary must have 1 to {MostBoundaryCharacters} characters"),
            var boundary => boundary,
        };
    }

    /// <summary>What is wrong where a body that should be a form is sent as something else; null where it is not a form.</summary>
    public static string? Mistake(HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (HoldsForm(body))
        {
            return $"The body is a form, but {Sent(request)}. It must be {FormType} with the form's boundary: most clients write it "
                + "themselves where no Content-Type is set.";
        }
        return request.ContentType is { } type && !body.IsEmpty && !type.Contains("json", StringComparison.OrdinalIgnoreCase)
            ? $"The body must be a form, of type {FormType}, but {Sent(request)}."
            : null;
    }

    /// <summary>Whether the body looks like a form. Ignores the <c>Content-Type</c>.</summary>
    public static bool HoldsForm(ReadOnlySpan<byte> body)
    {
        const int Start = 1024;
        var start = Encoding.Latin1.GetString(body[..Math.Min(body.Length, Start)]).TrimStart();
        return start.StartsWith("--", StringComparison.Ordinal)
            && start.Contains("Content-Disposition:", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Which <c>Content-Type</c> was sent, as part of a sentence.</summary>
    public static string Sent(HttpRequest request) => request.ContentType switch
    {
        null or "" => "Content-Type is missing",
        { Length: > MostCharactersShown } => "Content-Type is another one",
        var type => $"Content-Type is {type}",
    };

    private static string Mistake(string text)
    {
        var parameters = text[FormType.Length..].TrimStart();
        if (parameters.StartsWith(',')) return "in Content-Type, a comma stands before boundary; it must be a semicolon";
        if (!parameters.StartsWith(';')) return "in Content-Type, a semicolon must stand before boundary";
        const string Name = "boundary=";
        var at = parameters.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return "Content-Type names no boundary";
        var value = parameters[(at + Name.Length)..];
        if (value.Length == 0) return "Content-Type names no boundary";
        if (value[0] == '"') return "in Content-Type, the quotes of boundary do not end, or something stands behind them";
        var end = value.IndexOf(';');
        var special = value.AsSpan(0, end < 0 ? value.Length : end).TrimEnd().IndexOfAnyExcept(TokenCharacters);
        return special < 0
            ? "Content-Type cannot be read"
            : $"in Content-Type, boundary must stand in quotes, as in boundary=\"...\", because it contains '{value[special]}'";
    }
}
