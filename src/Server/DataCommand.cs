using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Server.Invocation;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server;

/// <summary>A command that works on the data folder instead of serving.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Operand">What its operand is; null where it has none.</param>
/// <param name="Work">The work with the operand, which is empty where there is none; it returns what is printed.</param>
/// <param name="Arguments">The operand, then settings.</param>
internal sealed record DataCommand(string Name, string? Operand, Func<IConfiguration, string, Task<string>> Work, string[] Arguments)
{
    /// <summary>Runs it with these settings over the environment's, and prints the result.</summary>
    /// <exception cref="FunctionStartException">The operand is missing, or a setting cannot be read.</exception>
    public async Task RunAsync()
    {
        var (operand, settings) = ("", Arguments);
        if (Operand is not null)
        {
            if (Arguments is not [{ Length: > 0 } first, .. var rest] || first.StartsWith("--", StringComparison.Ordinal))
                throw new FunctionStartException($"'{Name}' needs {Operand}: {Name} {Operand} [settings].");
            (operand, settings) = (first, rest);
        }
        var configuration = new ConfigurationBuilder()
            .AddEnvironmentVariables().AddInMemoryCollection(CommandLine.ReadSettings(settings, KnownSettings.Contains)).Build();
        if (await Work(configuration, operand) is { Length: > 0 } result) Console.WriteLine(result);
    }
}
