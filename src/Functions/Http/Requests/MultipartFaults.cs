using System.Text;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Says why a body is not the form that its <c>Content-Type</c> promises.</summary>
internal static class MultipartFaults
{
    /// <summary>The lines do not end as in MIME.</summary>
    public const string LineEnds = "its lines end in LF or CR alone; they must end in CR LF (RFC 2046, section 4.1.1)";

    private const int MostCharactersShown = 72;

    /// <summary>No part begins.</summary>
    public static string NoStart(ReadOnlySpan<byte> body, string boundary)
    {
        if (body.IsEmpty) return "it is empty";
        var start = Encoding.Latin1.GetString(body[..Math.Min(body.Length, MostCharactersShown + 1)]);
        if (start.TrimStart() is ['{' or '[', ..]) return "it is JSON";
        var line = start.Split('\r', '\n')[0];
        return line.StartsWith("--", StringComparison.Ordinal) && line.Length is > 2 and <= MostCharactersShown
            ? $"its parts begin with {Shown(line)}, but with the boundary in Content-Type they would begin with --{boundary}"
            : $"no line of it is --{boundary}, the boundary in Content-Type";
    }

    /// <summary>The last part does not end.</summary>
    public static string NoEnd(string boundary) => $"it ends without its last line, --{boundary}--, so it was cut short";

    /// <summary>A text of the caller's in a message: short, and of visible characters.</summary>
    public static string Shown(string text)
    {
        var shown = text.Length <= MostCharactersShown ? text : text[..MostCharactersShown] + "...";
        return string.Concat(shown.Select(c => c is >= ' ' and <= '~' ? c : '?'));
    }
}
