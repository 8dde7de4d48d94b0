using FsCheck;
using FsCheck.Fluent;

namespace Gatehouse.Tests;

/// <summary>Property-based tests from a stated seed: a run that fails once fails again.</summary>
public static class Properties
{
    /// <summary>The seed of every property-based test.</summary>
    public const ulong Seed = 20240515;

    /// <summary>Checks a property for generated values; the property throws where it does not hold.</summary>
    public static void Check<T>(Gen<T> values, Action<T> property, int tests = 100) => FsCheck.Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(Seed, 1),
        Prop.ForAll(Arb.From(values), property));

    /// <summary>Checks a property that sends requests to a server.</summary>
    public static Task CheckAsync<T>(Gen<T> values, Func<T, Task> property, int tests = 100) => Task.Run(() => FsCheck.Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(Seed, 1),
        Prop.ForAll(Arb.From(values), property)));
}
