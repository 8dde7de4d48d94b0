using System.Buffers;
using System.Text;

namespace Gatehouse.Secrets;

/// <summary>
/// The names and values that Key Vault accepts. Every vault refuses the rest, so that code which works on one works on all.
/// Source: Key Vault documentation, "About keys, secrets and certificates" and "About secrets".
/// </summary>
public static class SecretLimits
{
    /// <summary>The most characters of a name.</summary>
    public const int NameLength = 127;

    /// <summary>The most bytes of UTF-8 in a value.</summary>
    public const int ValueSize = 25_000;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>Checks a name: 1 to 127 ASCII letters, digits and hyphens.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is < 1 or > NameLength || name.AsSpan().ContainsAnyExcept(NameCharacters))
            throw new ArgumentException($"A secret's name is 1 to {NameLength} letters, digits and hyphens; '{name}' is not.");
    }

    /// <summary>Checks a value: 1 to 25,000 bytes of UTF-8.</summary>
    /// <exception cref="ArgumentException">The value is not valid. The message does not show it.</exception>
    public static void CheckValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length == 0 || Encoding.UTF8.GetByteCount(value) > ValueSize)
            throw new ArgumentException($"A secret's value has 1 to {ValueSize} bytes of UTF-8.");
    }
}
