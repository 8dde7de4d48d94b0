using System.Diagnostics.CodeAnalysis;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>The app cannot start as it is written or set. The message is one line for whoever starts it.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Made in this assembly alone, always with a message.")]
internal sealed class FunctionStartException(string message, Exception? inner = null)
    : InvalidOperationException(message.ReplaceLineEndings(" "), inner);
