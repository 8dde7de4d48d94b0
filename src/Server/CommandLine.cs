using Gatehouse.Common;
using Gatehouse.Functions.Startup;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Server.Invocation;

namespace Gatehouse.Server;

/// <summary>The command line: settings as <c>--Name value</c>, <c>--Name=value</c> or <c>Name=value</c>.</summary>
/// <remarks>
/// .NET's own provider ignores arguments that it cannot read, and takes <c>--Storage__Path</c> for another setting than
/// <c>--Storage:Path</c>. Here both are the same, and an unreadable argument stops the start.
/// </remarks>
internal static class CommandLine
{
    private const string Usage = "Write settings as --Name value; --help lists them.";

    private static readonly string[] HelpArguments = ["--help", "-h", "-?", "/?", "help"];
    private static readonly string[] VersionArguments = ["--version", "-v", "version"];
    private static readonly string[] OtherArguments = ["backup", "restore", "vault", "--health", "--help", "--version"];

    /// <summary>Whether the arguments ask for help.</summary>
    public static bool AsksForHelp(string[] args) => Ask(args, HelpArguments);

    /// <summary>Whether the arguments ask for the version.</summary>
    public static bool AsksForVersion(string[] args) => Ask(args, VersionArguments);

    /// <summary>Whether the arguments name a command that works on the data folder.</summary>
    public static bool IsCommand(string[] args) => args is ["backup" or "restore" or "vault", ..];

    /// <summary>The command that the arguments name.</summary>
    /// <exception cref="FunctionStartException">They name none.</exception>
    public static DataCommand CommandOf(string[] args) => args switch
    {
        ["backup", .. var rest] => new DataCommand("backup", "FOLDER", DataBackup.BackUpAsync, rest),
        ["restore", .. var rest] => new DataCommand("restore", "FOLDER", DataBackup.RestoreAsync, rest),
        ["vault", .. var rest] => VaultCommand.Of(rest),
        _ => throw new FunctionStartException(Usage),
    };

    /// <summary>The help text.</summary>
    /// <param name="settings">The names of the settings.</param>
    public static string Help(IEnumerable<string> settings) => $"""
        Gatehouse: the internal door to a chat platform's administration.

        Usage:
          Gatehouse.Server [settings]  Serves until it is stopped. Without settings: http://127.0.0.1:7071, with credentials that
                                       the first start creates and prints, and the data in the folder .gatehouse, which is made
                                       in the current directory. Storage__Path names another one.
          Gatehouse.Server backup FOLDER [settings]
                                       Copies the data folder, also while the server runs, and opens the copy.
          Gatehouse.Server restore FOLDER [settings]
                                       Copies a backup into a data folder that is empty.
          Gatehouse.Server vault set NAME [settings]
                                       Writes a secret into the local vault, from standard input.
          Gatehouse.Server vault get NAME [settings]
                                       Prints a secret.
          Gatehouse.Server vault list [settings]
                                       Prints the names of the secrets.
          Gatehouse.Server --health [settings]
                                       Exit code 0 if the server at an address of Urls on this machine is alive.
          Gatehouse.Server --help      Prints this.
          Gatehouse.Server --version   Prints the version.

        Settings are arguments (--Storage:Path data) or environment variables (Storage__Path=data). An argument overrides the
        variable. N and M stand for the numbers 0, 1, 2 and so on. docs/reference.md describes each setting:

        {string.Join('\n', settings.Order(StringComparer.OrdinalIgnoreCase).Select(name => "  " + name))}
          Logging__LogLevel__...
          OTEL_...
        """;

    /// <summary>The settings, with <c>:</c> between the parts of their names. The last of several with one name counts.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="isSetting">Whether there is a setting of this name.</param>
    /// <exception cref="FunctionStartException">An argument cannot be read, or is not a setting.</exception>
    public static Dictionary<string, string?> ReadSettings(string[] args, Func<string, bool> isSetting)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        for (var index = 0; index < args.Length; index++)
        {
            // An error shows no argument that may be a part of a value: values can be secrets.
            var isSwitch = args[index].StartsWith("--", StringComparison.Ordinal);
            var text = isSwitch ? args[index][2..] : args[index];
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (name.Length == 0 || (equals < 0 && !isSwitch))
            {
                throw last is null ? Unknown(args[index]) : new FunctionStartException(
                    $"The argument after the value of '{last}' is not a setting. A value with spaces needs quotes. {Usage}");
            }

            var key = name.Replace("__", ":", StringComparison.Ordinal);
            if (!isSetting(key)) throw Unknown(args[index]);
            if (equals >= 0) settings[key] = text[(equals + 1)..];
            else if (index + 1 < args.Length && !args[index + 1].StartsWith("--", StringComparison.Ordinal)) settings[key] = args[++index];
            else throw new FunctionStartException($"The argument '--{name}' has no value. {Usage}");
            last = name;
        }
        return settings;
    }

    // A word is a command or a name of its own only in first place, and never a switch's value: --Organization:User help.
    private static bool Ask(string[] args, string[] words)
    {
        for (var index = 0; index < args.Length; index++)
        {
            var isAsked = words.Contains(args[index], StringComparer.OrdinalIgnoreCase)
                && (index == 0 || args[index].StartsWith("--", StringComparison.Ordinal)
                    || (args[index].StartsWith('-') && !IsSwitch(args[index - 1])));
            if (isAsked) return true;
        }
        return false;
    }

    private static bool IsSwitch(string argument) => argument.StartsWith("--", StringComparison.Ordinal) && !argument.Contains('=');

    // As it was written, without a value.
    private static FunctionStartException Unknown(string argument)
    {
        argument = argument.Split('=')[0];
        var name = argument.StartsWith("--", StringComparison.Ordinal) ? argument[2..] : argument;
        var nearest = NearestName.Of(argument, OtherArguments) is { } other ? other
            : KnownSettings.Nearest(name) is { } setting ? $"--{setting}"
            : NearestName.Of(name, OtherArguments.Select(one => one.TrimStart('-'))) is { } word ? OtherArguments.First(one => one.TrimStart('-') == word)
            : null;
        return new($"The argument '{name}' is not a setting. {(nearest is null ? "" : $"Did you mean {nearest}? ")}{Usage}");
    }
}
