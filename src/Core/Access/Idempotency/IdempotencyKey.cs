using System.Buffers;

namespace Gatehouse.Access.Idempotency;

/// <summary>
/// A client's key for one call, so that it can send the call again: the value of <c>Idempotency-Key</c>, 1 to 255 visible
/// ASCII characters.
/// </summary>
/// <remarks>
/// draft-ietf-httpapi-idempotency-key-header makes the field a quoted string, but many clients send it unquoted:
/// <c>"abc"</c> and <c>abc</c> are the same key.
/// </remarks>
public sealed record IdempotencyKey
{
    /// <summary>The most characters of a key.</summary>
    public const int Length = 255;

    private static readonly SearchValues<char> Visible = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)]);

    private readonly string value;

    private IdempotencyKey(string value) => this.value = value;

    /// <summary>Parses a header's value; null where it is not a key.</summary>
    public static IdempotencyKey? TryParse(string? text)
    {
        if (text is ['"', .. var quoted, '"']) text = quoted.AsSpan().ContainsAny('"', '\\') ? null : quoted;
        return text is { Length: >= 1 and <= Length } && !text.AsSpan().ContainsAnyExcept(Visible) ? new IdempotencyKey(text) : null;
    }

    /// <summary>The key, without quotes.</summary>
    public override string ToString() => value;
}
