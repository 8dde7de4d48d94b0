using Gatehouse.Common;
using Gatehouse.Functions.Startup;
using Gatehouse.Server.Invocation;

namespace Gatehouse.Server;

/// <summary>The commands <c>vault set</c>, <c>vault get</c> and <c>vault list</c>.</summary>
internal static class VaultCommand
{
    private static readonly string[] Names = ["set", "get", "list"];

    /// <summary>The command that the arguments after <c>vault</c> name.</summary>
    /// <exception cref="FunctionStartException">They name none.</exception>
    public static DataCommand Of(string[] args) => args switch
    {
        ["set", .. var rest] => new DataCommand(
            "vault set", "NAME", (configuration, name) => VaultCommands.SetAsync(configuration, name, OpenInput()), rest),
        ["get", .. var rest] => new DataCommand("vault get", "NAME", VaultCommands.GetAsync, rest),
        ["list", .. var rest] => new DataCommand("vault list", null, (configuration, _) => VaultCommands.ListAsync(configuration), rest),
        [var other, ..] => throw new FunctionStartException(NearestName.Unknown("vault command", other, Names)),
        [] => throw new FunctionStartException("'vault' needs a command: vault set NAME, vault get NAME or vault list."),
    };

    // A person types the value without seeing it.
    private static Stream OpenInput()
    {
        if (Console.IsInputRedirected) return Console.OpenStandardInput();
        Console.Error.Write("Value: ");
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) typed.Append(key.KeyChar);
            else if (typed.Length > 0) typed.Length--;
        }
        Console.Error.WriteLine();
        return new MemoryStream(System.Text.Encoding.UTF8.GetBytes(typed.ToString()));
    }
}
