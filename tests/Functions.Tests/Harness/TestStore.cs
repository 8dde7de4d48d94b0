using System.Collections.Concurrent;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>Where an application under test keeps its tables.</summary>
public abstract class TestStore
{
    /// <summary>In a file in its data folder.</summary>
    public static readonly TestStore Sqlite = new InFolder();

    /// <summary>In an account of its own at the tests' Azurite.</summary>
    public static readonly TestStore Azurite = new InAccounts();

    /// <summary>How many of a hundred properties' or torture's rounds are run: each costs many times more over HTTP.</summary>
    public abstract int OfHundred { get; }

    /// <summary>That share of so many rounds, but three of them at least.</summary>
    public int Rounds(int rounds) => Math.Max(Math.Min(rounds, 3), rounds * OfHundred / 100);

    /// <summary>The settings of an application in this folder: the same for the same.</summary>
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
