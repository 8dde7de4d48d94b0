using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Push;

/// <summary>
/// The result of an inspection: the credential, or the fault it is refused for. The credential can be used only after a
/// check of <see cref="Accepted"/>.
/// </summary>
/// <remarks>It holds nothing secret: no key, no password and no byte of the file.</remarks>
public sealed class Inspection<TCredential, TFault>
    where TCredential : class
    where TFault : struct, Enum
{
    internal Inspection(TCredential credential) => Credential = credential;

    internal Inspection(TFault fault, string message) => (Fault, Message) = (fault, message);

    /// <summary>Whether the credential can be used.</summary>
    [MemberNotNullWhen(true, nameof(Credential))]
    [MemberNotNullWhen(false, nameof(Fault), nameof(Message))]
    public bool Accepted => Credential is not null;

    /// <summary>The credential; null where it is refused.</summary>
    public TCredential? Credential { get; }

    /// <summary>Why it is refused; null where it is accepted.</summary>
    public TFault? Fault { get; }

    /// <summary>The fault in one or two sentences for the caller; null if there is none.</summary>
    public string? Message { get; }
}
