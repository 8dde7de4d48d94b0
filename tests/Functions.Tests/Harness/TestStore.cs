using System.Collections.Concurrent;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The store of an application under test.</summary>
public abstract class TestStore
{
    /// <summary>In a file in its data folder.</summary>
    public static readonly TestStore Sqlite = new InFolder();

    /// <summary>In a new account of the tests' Azurite.</summary>
    public static readonly TestStore Azurite = new InAccounts();

    /// <summary>The percentage of the rounds of a property or torture test that are run: a round over HTTP takes longer.</summary>
    public abstract int OfHundred { get; }

    /// <summary>That percentage of a number of rounds; at least three.</summary>
    public int Rounds(int rounds) => Math.Max(Math.Min(rounds, 3), rounds * OfHundred / 100);

    /// <summary>The settings of an application in this folder. They are the same for the same folder.</summary>
    public abstract Task<IReadOnlyList<(string Name, string Value)>> SettingsAsync(string folder);

    private sealed class InFolder : TestStore
    {
        public override int OfHundred => 100;

        public override Task<IReadOnlyList<(string Name, string Value)>> SettingsAsync(string folder) =>
            Task.FromResult<IReadOnlyList<(string Name, string Value)>>([]);
    }

    private sealed class InAccounts : TestStore
    {
        private readonly ConcurrentDictionary<string, string> accounts = new(StringComparer.Ordinal);

        public override int OfHundred => 10;

        public override async Task<IReadOnlyList<(string Name, string Value)>> SettingsAsync(string folder)
        {
            var server = await AzuriteServer.Shared;
            return [("Storage__Provider", "AzureTables"), ("Storage__ConnectionString", accounts.GetOrAdd(folder, _ => server.NewAccount()))];
        }
    }
}
