using System.Text;
using Microsoft.Net.Http.Headers;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>A part of a form.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ContentType">Its <c>Content-Type</c>; null where it has none.</param>
/// <param name="Content">Its bytes, a slice of the body.</param>
internal sealed record FormPart(string Name, string? ContentType, ReadOnlyMemory<byte> Content);

/// <summary>Splits a body into the parts of a form (RFC 2046, section 5.1; RFC 7578).</summary>
/// <remarks>
/// The framework's reader refuses folded headers (RFC 5322, section 2.2.3), which mail libraries write, and has one message for
/// everything. The values of the headers are read by the framework.
/// </remarks>
internal static class MultipartReading
{
    private const int MostParts = 32;
    private const int MostHeadersPerPart = 16;
    private const int HeaderSize = 8 * 1024;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>The parts, in their order.</summary>
    /// <exception cref="RequestException">The body is not a form with this boundary. The message says why.</exception>
    public static List<FormPart> Parse(string boundary, ReadOnlyMemory<byte> body)
    {
        var delimiter = Encoding.Latin1.GetBytes("--" + boundary);
        // What is before the first delimiter is not part of the form.
        if (FindDelimiter(body.Span, delimiter, 0) is not { } found)
            throw MultipartForm.Malformed(MultipartFaults.NoStart(body.Span, boundary));
        var parts = new List<FormPart>();
        while (!found.IsLast)
        {
            if (parts.Count == MostParts) throw MultipartForm.Malformed($"it must have at most {MostParts} parts");
            var headers = ReadHeaders(body.Span, delimiter, found.End, parts.Count + 1, out var start);
            if (FindDelimiter(body.Span, delimiter, start - LineEnd.Length) is not { } next)
                throw MultipartForm.Malformed(MultipartFaults.NoEnd(boundary));
            // The line end before a delimiter belongs to it.
            var length = Math.Max(0, next.Start - LineEnd.Length - start);
            parts.Add(PartOf(headers, parts.Count + 1, body.Slice(start, length)));
            found = next;
        }
        return parts;
    }

    private static FormPart PartOf(Dictionary<string, string> headers, int number, ReadOnlyMemory<byte> content)
    {
        if (!headers.TryGetValue("Content-Disposition", out var text))
            throw MultipartForm.Malformed($"part {number} has no Content-Disposition");
        if (!ContentDispositionHeaderValue.TryParse(text, out var disposition))
        {
            throw MultipartForm.Malformed(
                $"the Content-Disposition of part {number} cannot be read; a name or file name with blanks must stand in quotes");
        }
        if (HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is not { Length: > 0 } name)
        {
            throw MultipartForm.Malformed(disposition.Parameters.Any(parameter => parameter.Name.Equals("name*", StringComparison.OrdinalIgnoreCase))
                ? $"part {number} has no name; name* is not for forms (RFC 7578, section 4.2)"
                : $"part {number} has no name");
        }
        if (headers.GetValueOrDefault("Content-Transfer-Encoding")?.Trim().ToLowerInvariant() is not (null or "" or "binary" or "8bit" or "7bit") and var encoding)
        {
            throw MultipartForm.Malformed(
                $"{MultipartFaults.Shown(name)} has the Content-Transfer-Encoding {MultipartFaults.Shown(encoding!)}; parts must be sent without one (RFC 7578, section 4.7)");
        }
        return new FormPart(name, headers.GetValueOrDefault("Content-Type")?.Trim(), content);
    }

    private static Dictionary<string, string> ReadHeaders(
        ReadOnlySpan<byte> body, ReadOnlySpan<byte> delimiter, int position, int number, out int end)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var (start, last) = (position, "");
        while (true)
        {
            if (body[position..].StartsWith(delimiter)) throw MultipartForm.Malformed($"no empty line follows the headers of part {number}");
            var length = body[position..Math.Min(body.Length, start + HeaderSize)].IndexOf(LineEnd);
            if (length < 0)
            {
                throw MultipartForm.Malformed(body.Length > start + HeaderSize
                    ? $"the headers of part {number} have more than {HeaderSize} bytes, or no empty line follows them"
                    : $"it ends within the headers of part {number}");
            }
            var line = body.Slice(position, length);
            position += length + LineEnd.Length;
            if (line.IsEmpty) break;
            if (line.Contains((byte)'\n')) throw MultipartForm.Malformed(MultipartFaults.LineEnds);

            var text = Encoding.UTF8.GetString(line);
            if (text[0] is ' ' or '\t')
            {
                // A line that begins with white space continues the header before it.
                if (last.Length == 0) throw MultipartForm.Malformed($"the headers of part {number} begin with white space");
                headers[last] += text;
                continue;
            }
            var colon = text.IndexOf(':');
            if (colon <= 0) throw MultipartForm.Malformed($"a header of part {number} has no colon");
            if (headers.Count == MostHeadersPerPart)
                throw MultipartForm.Malformed($"part {number} has more than {MostHeadersPerPart} headers");
            last = text[..colon].TrimEnd();
            if (!headers.TryAdd(last, text[(colon + 1)..]))
                throw MultipartForm.Malformed($"part {number} has two headers of the name {MultipartFaults.Shown(last)}");
        }
        end = position;
        return headers;
    }

    // A delimiter is a line of its own, which can end in blanks. The last one ends in two dashes. One with other line ends is never
    // skipped: the part behind it would become a part of the one before it.
    private static Delimiter? FindDelimiter(ReadOnlySpan<byte> body, ReadOnlySpan<byte> delimiter, int from)
    {
        while (body[from..].IndexOf(delimiter) is >= 0 and var found)
        {
            var start = from + found;
            from = start + 1;
            if (start > 0 && body[start - 1] is not ((byte)'\n' or (byte)'\r')) continue;
            var rest = body[(start + delimiter.Length)..];
            var isLast = rest.StartsWith("--"u8);
            if (isLast) rest = rest[2..];
            rest = rest.TrimStart(" \t"u8);
            if (rest.IsEmpty ? !isLast : rest[0] is not ((byte)'\n' or (byte)'\r')) continue;
            if (start == 0 || body[..start].EndsWith(LineEnd))
            {
                if (rest.StartsWith(LineEnd)) return new(start, body.Length - rest.Length + LineEnd.Length, isLast);
                // Nothing that counts follows the last one, so its line end does not matter.
                if (isLast) return new(start, body.Length, true);
            }
            throw MultipartForm.Malformed(MultipartFaults.LineEnds);
        }
        return null;
    }

    private readonly record struct Delimiter(int Start, int End, bool IsLast);
}
