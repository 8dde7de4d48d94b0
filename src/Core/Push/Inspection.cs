using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Push;

/// <summary>
/// What the inspection of an uploaded credential found: the credential, or the fault it was refused for. There is no
/// third, and no credential without having asked.
/// </summary>
/// <remarks>It holds what may be shown: no key, no password and no byte of the file.</remarks>
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

    /// <summary>The credential; null where it was refused.</summary>
    public TCredential? Credential { get; }

    /// <summary>Why it was refused; null where it was not.</summary>
    public TFault? Fault { get; }

    /// <summary>The fault in a sentence or two for whoever uploaded the file; null where there is none.</summary>
    public string? Message { get; }
}
