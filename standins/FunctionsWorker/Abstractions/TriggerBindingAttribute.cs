namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>What every attribute that names a function's trigger derives from.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public abstract class TriggerBindingAttribute : BindingAttribute;
