using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Server.Invocation;

/// <summary>The app cannot start as it is written or configured. The message is one line for the operator.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Created only in this assembly, always with a message.")]
internal sealed class FunctionStartException(string message, Exception? inner = null)
    : InvalidOperationException(message.ReplaceLineEndings(" "), inner);
