using Gatehouse.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>A function that cannot be served stops the start with one line that names it.</summary>
public sealed class StartFaultTests
{
    [Theory]
    [InlineData(typeof(OneShape), "'First' and 'Second' answer the same requests", "'/{one}/x' and '/{Two}/X'")]
    [InlineData(typeof(AnyMethodOfOneShape), "'First' and 'Second' answer the same requests")]
    [InlineData(typeof(OptionalOfOneShape), "'First' and 'Second' answer the same requests")]
    [InlineData(typeof(TwiceTheName), "'SAME' is defined twice", "TwiceTheName.One and TwiceTheName.Two")]
    [InlineData(typeof(AdminRoute), "'Administration'", "'Admin/things' starts with 'admin'")]
    [InlineData(typeof(RuntimeRoute), "'Fine'", "'runtimes'", "'runtime'")]
    [InlineData(typeof(BrokenRoute), "'Fine'", "'a/{b'")]
    [InlineData(typeof(UnknownConstraint), "'Fine'", "'colour'")]
    [InlineData(typeof(UnknownParameter), "'Fine'", "'other' is not an HttpRequest")]
    [InlineData(typeof(UnservableParameter), "'Fine'", "'id' is of type Uri")]
    [InlineData(typeof(NoTrigger), "'Fine'", "one parameter with a trigger")]
    [InlineData(typeof(TwoTriggers), "'Fine'", "one parameter with a trigger")]
    [InlineData(typeof(AwaitsNothing), "'Fine'", "ValueTask")]
    [InlineData(typeof(AnswersMvc), "'Fine'", "IActionResult")]
    [InlineData(typeof(MissingService), "'Fine'", "MissingService needs", "Absent")]
    [InlineData(typeof(TwoConstructors), "'Fine'", "exactly one public constructor")]
    [InlineData(typeof(Unmakable), "'Fine'", "abstract or generic")]
    public void A_function_that_cannot_be_served_stops_the_start(Type functions, params string[] named) =>
        AssertOneLine(Assert.ThrowsAny<InvalidOperationException>(() => Build(functions)), named);

    [Fact]
    public void A_service_with_a_missing_dependency_stops_the_start() =>
        AssertOneLine(
            Assert.ThrowsAny<InvalidOperationException>(
                () => Build(typeof(MissingService), services => services.AddSingleton<Absent>())),
            "Absent", "AlsoAbsent");

    [Theory]
    [InlineData(typeof(SameShapeOtherMethods))]
    [InlineData(typeof(SameShapeOtherConstraints))]
    public void Routes_that_can_be_told_apart_do_not_conflict(Type functions) => Build(functions);

    private static void Build(Type functions, Action<IServiceCollection>? configure = null)
    {
        var builder = new ServerBuilder([], [functions]);
        configure?.Invoke(builder.Services);
        builder.Build().Dispose();
    }

    private static void AssertOneLine(Exception fault, params string[] named)
    {
        Assert.DoesNotContain('\n', fault.Message);
        Assert.All(named, name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }

    internal sealed class OneShape
    {
        [Function("First")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, "get", "put", Route = "{one}/x")] HttpRequest request) { }

        [Function("Second")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, "PUT", Route = "{Two}/X")] HttpRequest request) { }
    }

    internal sealed class AnyMethodOfOneShape
    {
        [Function("First")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a/{*one}")] HttpRequest request) { }

        [Function("Second")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a/{*two}")] HttpRequest request) { }
    }

    internal sealed class OptionalOfOneShape
    {
        [Function("First")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a/{one?}")] HttpRequest request) { }

        [Function("Second")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a/{two}")] HttpRequest request) { }
    }

    internal sealed class SameShapeOtherMethods
    {
        [Function("First")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{one}/x")] HttpRequest request) { }

        [Function("Second")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "{two}/x")] HttpRequest request) { }
    }

    internal sealed class SameShapeOtherConstraints
    {
        [Function("First")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{one:int}")] HttpRequest request) { }

        [Function("Second")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{two:regex(^x+$)}")] HttpRequest request) { }
    }

    internal sealed class TwiceTheName
    {
        [Function("Same")]
        public static void One([HttpTrigger(AuthorizationLevel.Anonymous, Route = "one")] HttpRequest request) { }

        [Function("SAME")]
        public static void Two([HttpTrigger(AuthorizationLevel.Anonymous, Route = "two")] HttpRequest request) { }
    }

    internal sealed class AdminRoute
    {
        [Function("Administration")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "Admin/things")] HttpRequest request) { }
    }

    internal sealed class RuntimeRoute
    {
        [Function("Fine")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "/runtimes")] HttpRequest request) { }
    }

    internal sealed class BrokenRoute
    {
        [Function("Fine")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a/{b")] HttpRequest request) { }
    }

    internal sealed class UnknownConstraint
    {
        [Function("Fine")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a/{b:colour}")] HttpRequest request) { }
    }

    internal sealed class UnknownParameter
    {
        [Function("Fine")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a/{id}")] HttpRequest request, string other) { }
    }

    internal sealed class UnservableParameter
    {
        [Function("Fine")]
        public static void Fine([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a/{id}")] HttpRequest request, Uri id) { }
    }

    internal sealed class NoTrigger
    {
        [Function("Fine")]
        public static void Fine(HttpRequest request) { }
    }

    internal sealed class TwoTriggers
    {
        [Function("Fine")]
        public static void Fine(
            [HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request, [TimerTrigger("0 * * * * *")] TimerInfo timer)
        { }
    }

    internal sealed class AwaitsNothing
    {
        [Function("Fine")]
        public static ValueTask<IResult> Fine([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => default;
    }

    internal sealed class AnswersMvc
    {
        [Function("Fine")]
        public static Task<IActionResult> Fine([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => null!;
    }

    internal sealed class MissingService(Absent absent)
    {
        [Function("Fine")]
        public string Fine([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => absent.ToString()!;
    }

    internal sealed class Absent(AlsoAbsent further)
    {
        public override string ToString() => further.ToString()!;
    }

    internal sealed class AlsoAbsent;

    internal sealed class TwoConstructors
    {
        public TwoConstructors() { }

        public TwoConstructors(IServiceProvider services) => ArgumentNullException.ThrowIfNull(services);

        [Function("Fine")]
        public string Fine([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => ToString()!;
    }

    internal abstract class Unmakable
    {
        [Function("Fine")]
        public string Fine([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => ToString()!;
    }
}
