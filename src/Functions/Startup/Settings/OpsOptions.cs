using Gatehouse.Access.Callers;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Callers of <c>/ops/v1</c> with a key: <c>Ops__...</c>.</summary>
internal sealed class OpsOptions
{
    /// <summary>The key of the local caller, which has every role. It is created if no caller is configured.</summary>
    public string? LocalKey { get; set; }

    /// <summary>Callers with their own keys, by number.</summary>
    public Dictionary<string, CallerOptions> Callers { get; } = [];
}

/// <summary>A caller with its own key: <c>Ops__Callers__0__...</c>. <see cref="KeyCallers"/> validates the values.</summary>
internal sealed class CallerOptions
{
    /// <summary>Its name.</summary>
    public string? Name { get; set; }

    /// <summary>The SHA-256 of its key, as 64 hex digits.</summary>
    public string? KeySha256 { get; set; }

    /// <summary>When its key ends; null for never.</summary>
    public string? KeyExpiresAt { get; set; }

    /// <summary>The SHA-256 of a second key, while the caller changes from one to the other.</summary>
    public string? PreviousKeySha256 { get; set; }

    /// <summary>When the second key ends; null for never.</summary>
    public string? PreviousKeyExpiresAt { get; set; }

    /// <summary>Its roles, by number.</summary>
    public Dictionary<string, string?> Roles { get; } = [];

    /// <summary>The applications that it is confined to, by number; none for all.</summary>
    public Dictionary<string, string?> Applications { get; } = [];

    /// <summary>The settings. The options must be valid.</summary>
    internal KeyCallerSettings ToSettings() => new(
        Name, new CallerKeySettings(KeySha256, KeyExpiresAt), new CallerKeySettings(PreviousKeySha256, PreviousKeyExpiresAt),
        [.. Roles.InOrder()], [.. Applications.InOrder()]);
}

/// <summary>Validates <see cref="OpsOptions"/>.</summary>
internal sealed class OpsOptionsValidator : IValidateOptions<OpsOptions>
{
    public ValidateOptionsResult Validate(string? name, OpsOptions options) => SettingRules.Result(
        KeyFault(options.LocalKey)
        ?? NumberedItems.GapIn(options.Callers, "Ops__Callers")
        ?? options.Callers.Select(caller => ListFault(caller.Value, $"Ops__Callers__{caller.Key}")).FirstOrDefault(fault => fault is not null));

    // A request cannot carry white space at an end, and no control character.
    private static string? KeyFault(string? key) => key switch
    {
        null => null,
        { Length: < LocalKey.ShortestKey or > KeyCallers.KeyLength } =>
            $"Ops__LocalKey must have {LocalKey.ShortestKey} to {KeyCallers.KeyLength} characters.",
        _ when key != key.Trim() || key.Any(char.IsControl) =>
            "Ops__LocalKey must not begin or end with white space, and not contain a line break.",
        _ => null,
    };

    private static string? ListFault(CallerOptions caller, string name) =>
        NumberedItems.GapIn(caller.Roles, $"{name}__Roles") ?? NumberedItems.GapIn(caller.Applications, $"{name}__Applications");
}
