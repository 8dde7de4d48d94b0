using Gatehouse.Access.Callers;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>
/// The Entra ID tenant whose bearer tokens are accepted: <c>Entra__...</c>. <see cref="EntraCallers"/> validates the values.
/// </summary>
internal sealed class EntraOptions
{
    /// <summary>The tenant's GUID.</summary>
    public string? TenantId { get; set; }

    /// <summary>The accepted audiences, by number.</summary>
    public Dictionary<string, string?> Audiences { get; } = [];

    /// <summary>Where the tenant's keys are published. Default: the public cloud's authority.</summary>
    public string? Authority { get; set; }

    /// <summary>Callers that are confined to some applications, by number.</summary>
    public Dictionary<string, ConfinedOptions> Confined { get; } = [];

    internal bool IsSet => TenantId is not null || Audiences.Count > 0 || Authority is not null || Confined.Count > 0;

    /// <summary>The settings; null if there are none. The options must be valid.</summary>
    internal EntraSettings? ToSettings() => !IsSet ? null : new EntraSettings(
        TenantId, [.. Audiences.InOrder()], Authority,
        [.. Confined.InOrder().Select(caller => new EntraConfinement(caller.Id, [.. caller.Applications.InOrder()]))]);
}

/// <summary>A caller that is confined to some applications: <c>Entra__Confined__0__...</c>.</summary>
internal sealed class ConfinedOptions
{
    /// <summary>The GUID of a client or a user.</summary>
    public string? Id { get; set; }

    /// <summary>Its applications, by number.</summary>
    public Dictionary<string, string?> Applications { get; } = [];
}

/// <summary>Validates the lists of <see cref="EntraOptions"/>.</summary>
internal sealed class EntraOptionsValidator : IValidateOptions<EntraOptions>
{
    public ValidateOptionsResult Validate(string? name, EntraOptions options) => SettingRules.Result(
        NumberedItems.GapIn(options.Audiences, "Entra__Audiences")
        ?? NumberedItems.GapIn(options.Confined, "Entra__Confined")
        ?? options.Confined
            .Select(caller => NumberedItems.GapIn(caller.Value.Applications, $"Entra__Confined__{caller.Key}__Applications"))
            .FirstOrDefault(fault => fault is not null));
}
