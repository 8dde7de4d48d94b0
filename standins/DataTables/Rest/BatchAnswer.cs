using System.Globalization;
using System.Text;

namespace Azure.Data.Tables.Rest;

/// <summary>The answer to a transaction: the responses to its actions, or the one to the action that failed.</summary>
internal static class BatchAnswer
{
    /// <summary>Reads the responses in a multipart body.</summary>
    /// <exception cref="IOException">The body ends before it is complete, or is none.</exception>
    public static IReadOnlyList<Response> Parse(Response response)
    {
        var outer = Boundary(response.Headers.ContentType);
        var body = new Part(response.Content.ToString());
        body.SkipTo($"--{outer}");
        var inner = Boundary(body.Headers().GetValueOrDefault("Content-Type"));
        List<Response> responses = [];
        for (body.SkipTo($"--{inner}"); !body.IsLast;)
        {
            body.Headers();
            responses.Add(Read(body, $"--{inner}"));
        }
        return responses;
    }

    private static SubResponse Read(Part body, string boundary)
    {
        // HTTP/1.1 204 No Content
        if (body.Line().Split(' ', 3) is not ["HTTP/1.1", var status, .. var reason]
            || !int.TryParse(status, CultureInfo.InvariantCulture, out var code))
        {
            throw Broken();
        }
        var headers = body.Headers();
        return new SubResponse(code, reason is [var words] ? words : "", headers, body.SkipTo(boundary));
    }

    private static string Boundary(string? contentType)
    {
        const string Parameter = "boundary=";
        var at = contentType?.IndexOf(Parameter, StringComparison.OrdinalIgnoreCase) ?? -1;
        return at < 0 ? throw Broken() : contentType![(at + Parameter.Length)..].Split(';')[0].Trim().Trim('"');
    }

    private static IOException Broken() => new("Unexpected end of Stream, the content may have already been read by another component.");

    /// <summary>A multipart body, read line by line from its start.</summary>
    private sealed class Part(string text)
    {
        private int at;

        /// <summary>Whether the boundary that was read last closes the parts.</summary>
        public bool IsLast { get; private set; }

        public string Line()
        {
            if (at >= text.Length) throw Broken();
            var end = text.IndexOf('\n', at);
            var line = end < 0 ? text[at..] : text[at..end];
            at = end < 0 ? text.Length : end + 1;
            return line.TrimEnd('\r');
        }

        public Dictionary<string, string> Headers()
        {
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (Line() is { Length: > 0 } line)
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) throw Broken();
                headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
            return headers;
        }

        /// <summary>Reads on behind the next boundary; returns what stood before it.</summary>
        public string SkipTo(string boundary)
        {
            var skipped = new StringBuilder();
            while (true)
            {
                var line = Line();
                if (line.StartsWith(boundary, StringComparison.Ordinal))
                {
                    IsLast = line.AsSpan(boundary.Length).StartsWith("--");
                    return skipped.ToString().Trim();
                }
                skipped.Append(line).Append('\n');
            }
        }
    }
}
