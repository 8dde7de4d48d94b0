using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Tests.Harness;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>Every HTTP function goes through a gate. The test reads this from the code of each function.</summary>
public sealed class GateTests
{
    private static readonly Type[] Gates = [typeof(PlatformGate), typeof(OpsGate), typeof(WebhookGate), typeof(PublicGate)];

    public static TheoryData<string> RequestFunctions => [.. FunctionRoute.All.Select(route => route.Name).Distinct()];

    [Theory]
    [MemberData(nameof(RequestFunctions))]
    public void Each_function_calls_a_gate_first(string function)
    {
        var method = FunctionRoute.All.First(route => route.Name == function).Function;

        Assert.True(GoesThroughGate(method), $"{method.DeclaringType!.Name}.{method.Name} is open to everybody: its first call must be a gate's.");
    }

    [Fact]
    public void The_check_finds_a_function_without_a_gate()
    {
        Assert.False(GoesThroughGate(typeof(Sample).GetMethod(nameof(Sample.Open))!));
        Assert.False(GoesThroughGate(typeof(Sample).GetMethod(nameof(Sample.Late))!));
        Assert.True(GoesThroughGate(typeof(Sample).GetMethod(nameof(Sample.Gated))!));
    }

    [Theory]
    [MemberData(nameof(RequestFunctions))]
    public void A_function_is_anonymous_to_the_host_and_named_like_its_method(string function)
    {
        var method = FunctionRoute.All.First(route => route.Name == function).Function;

        Assert.Equal(AuthorizationLevel.Anonymous, FunctionRoute.Trigger<HttpTriggerAttribute>(method)!.AuthLevel);
        Assert.Equal(method.Name, function);
        Assert.Null(method.GetCustomAttribute<AsyncStateMachineAttribute>());
    }

    // A function is one expression, so its own code contains every call that is not inside a lambda.
    private static bool GoesThroughGate(MethodInfo method) =>
        Calls(method).FirstOrDefault(called => !called.IsConstructor) is { } first && Gates.Contains(first.DeclaringType);

    private static IEnumerable<MethodBase> Calls(MethodInfo method)
    {
        var code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (var position = 0; position < code.Length;)
        {
            var value = (ushort)code[position++];
            if (value == 0xFE) value = (ushort)(0xFE00 | code[position++]);
            var instruction = Instructions[value];
            if (instruction.OperandType == OperandType.InlineMethod)
            {
                var called = method.Module.ResolveMethod(BitConverter.ToInt32(code, position))!;
                if (instruction.FlowControl == FlowControl.Call) yield return called;
            }
            position += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, position),
                _ => 4,
            };
        }
    }

    private static readonly Dictionary<ushort, OpCode> Instructions = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(instruction => (ushort)instruction.Value);

    private sealed class Sample(PlatformGate gate)
    {
        public static Task<string> Open() => Task.FromResult("open");

        public Task<string> Late()
        {
            Console.Out.Flush();
            return Gated();
        }

        public Task<string> Gated() => gate.OpenAsync(null!, _ => null!).ContinueWith(_ => "", TaskScheduler.Default);
    }
}
