using System.Text.Json;
using Gatehouse.FunctionsHost.Protocol;

namespace Gatehouse.FunctionsHost;

/// <summary>A function, from the metadata of the worker.</summary>
internal sealed class HostedFunction
{
    private const string HttpTrigger = "httpTrigger";
    private const string TimerTrigger = "timerTrigger";

    private HostedFunction(RpcFunctionMetadata metadata, JsonElement trigger)
    {
        Metadata = metadata;
        TriggerName = trigger.GetProperty("name").GetString()!;
        IsHttp = trigger.GetProperty("type").ValueEquals(HttpTrigger);
        Route = Text(trigger, "route") ?? metadata.Name;
        Schedule = Text(trigger, "schedule") ?? "";
        Methods = trigger.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array
            ? [.. methods.EnumerateArray().Select(method => method.GetString()!)]
            : [];
    }

    /// <summary>The metadata from the worker.</summary>
    public RpcFunctionMetadata Metadata { get; }

    /// <summary>The function's name.</summary>
    public string Name => Metadata.Name;

    /// <summary>The name of the parameter that the trigger is bound to.</summary>
    public string TriggerName { get; }

    /// <summary>Whether its trigger is HTTP and not a timer.</summary>
    public bool IsHttp { get; }

    /// <summary>The route, without <c>host.json</c>'s prefix.</summary>
    public string Route { get; }

    /// <summary>The methods that it answers; empty for any.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>The schedule of its timer, as written in the code.</summary>
    public string Schedule { get; }

    /// <summary>Reads a function's metadata, and adds its bindings, which the worker sends as JSON.</summary>
    /// <exception cref="InvalidOperationException">The double does not know its trigger.</exception>
    public static HostedFunction Of(RpcFunctionMetadata metadata)
    {
        JsonElement? trigger = null;
        foreach (var binding in metadata.RawBindings.Select(binding => JsonElement.Parse(binding)))
        {
            var type = binding.GetProperty("type").GetString()!;
            if (type is HttpTrigger or TimerTrigger) trigger = binding;
            metadata.Bindings[binding.GetProperty("name").GetString()!] = new BindingInfo
            {
                Type = type,
                Direction = Enum.Parse<BindingInfo.Types.Direction>(binding.GetProperty("direction").GetString()!, ignoreCase: true),
            };
        }
        return trigger is { } found
            ? new HostedFunction(metadata, found)
            : throw new InvalidOperationException($"Function '{metadata.Name}' has neither an HTTP nor a timer trigger.");
    }

    private static string? Text(JsonElement trigger, string name) =>
        trigger.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;
}
