using Gatehouse.Access.Callers;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The configured callers of <c>/ops/v1</c>. Their values are validated by Core.</summary>
/// <param name="LocalKey"><c>Ops__LocalKey</c>: the key of the local caller, which has every role; null if there is none, or
/// if it is created at first start and kept in the vault.</param>
/// <param name="Keys"><c>Ops__Callers__0__...</c>: callers with their own keys.</param>
/// <param name="Entra"><c>Entra__...</c>: the tenant whose bearer tokens are accepted; null for none.</param>
internal sealed record CallerSettings(string? LocalKey, IReadOnlyList<KeyCallerSettings> Keys, EntraSettings? Entra)
{
    /// <summary>Whether no caller is configured. A local caller is then created.</summary>
    public bool AreNone => LocalKey is null && Keys.Count == 0 && Entra is null;

    // The generated text would contain the key.
    public override string ToString() => string.Join(", ", Keys);
}
