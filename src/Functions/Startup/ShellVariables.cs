namespace Gatehouse.Functions.Startup;

/// <summary>A line that sets variables when it is pasted into a POSIX shell.</summary>
internal static class ShellVariables
{
    // Characters that no shell treats in a special way. All else is quoted: zsh and dash expand [::1] as a pattern.
    private const string Plain = "-_./:,@%+=";

    /// <summary>The line.</summary>
    public static string Export(IEnumerable<(string Name, string Value)> variables) =>
        "export " + string.Join(' ', variables.Select(variable => $"{variable.Name}={Quote(variable.Value)}"));

    /// <summary>A value as one word of a shell command.</summary>
    public static string Quote(string value) =>
        value.Length > 0 && value.All(character => char.IsAsciiLetterOrDigit(character) || Plain.Contains(character, StringComparison.Ordinal))
            ? value
            : $"'{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
