namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>What every attribute that binds a function to something outside derives from.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class BindingAttribute : Attribute;
