using System.Reflection;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests;

/// <summary>Every suite that is written for a <see cref="Head"/> runs on both.</summary>
public sealed class HeadSuitesTests
{
    private const string FunctionsHost = "OnFunctionsHostTests";

    public static TheoryData<Type> Suites => [.. Types.Where(type => type.IsAbstract && TakesHead(type))];

    private static IEnumerable<Type> Types => typeof(HeadSuitesTests).Assembly.GetTypes().Where(type => type.IsPublic);

    [Theory]
    [MemberData(nameof(Suites))]
    public void A_suite_runs_on_the_server_and_on_the_Functions_host(Type suite)
    {
        var runs = Types.Where(type => !type.IsAbstract && type.IsSubclassOf(suite)).Select(type => type.Name).ToList();
        Assert.Single(runs, name => name.EndsWith(FunctionsHost, StringComparison.Ordinal));
        Assert.Contains(runs, name => !name.EndsWith(FunctionsHost, StringComparison.Ordinal));
    }

    private static bool TakesHead(Type type) => type.GetConstructors(
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        .Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(Head)));
}
