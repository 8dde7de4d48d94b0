using System.Globalization;
using Gatehouse.Access.Callers;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Who may call the facade, as an operator configures it. Core judges what stands in it.</summary>
/// <param name="LocalKey"><c>Ops__LocalKey</c>: the key of the local caller, which has every role; null where there is none, or
/// where it is made at first start and kept in the vault.</param>
/// <param name="Keys"><c>Ops__Callers__0__...</c>: the callers with keys of their own.</param>
/// <param name="Entra"><c>Entra__...</c>: whose bearer tokens are taken; null for nobody's.</param>
internal sealed record CallerSettings(string? LocalKey, IReadOnlyList<KeyCallerSettings> Keys, EntraSettings? Entra)
{
    /// <summary>The names of these settings.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "Ops__LocalKey", "Ops__Callers__N__Name", "Ops__Callers__N__KeySha256", "Ops__Callers__N__Roles__M",
        "Ops__Callers__N__Applications__M", "Entra__TenantId", "Entra__Audiences__N", "Entra__Authority",
        "Entra__Confined__N__Id", "Entra__Confined__N__Applications__M",
    ];

    /// <summary>Whether nobody is configured: then a local caller is made.</summary>
    public bool AreNone => LocalKey is null && Keys.Count == 0 && Entra is null;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">The local key is too short, or a list has a gap.</exception>
    public static CallerSettings Read(IConfiguration configuration) => new(
        ReadLocalKey(configuration["Ops:LocalKey"]),
        [.. List(configuration.GetSection("Ops:Callers")).Select(caller => new KeyCallerSettings(
            caller["Name"], caller["KeySha256"], Texts(caller.GetSection("Roles")), Texts(caller.GetSection("Applications"))))],
        configuration.GetSection("Entra") is var entra && entra.Exists() ? ReadEntra(entra) : null);

    // A record's own text would show the key.
    public override string ToString() => string.Join(", ", Keys);

    private static string? ReadLocalKey(string? key) =>
        key is null || key.Length >= Access.Callers.LocalKey.ShortestKey
            ? key
            : throw new SettingException($"Ops__LocalKey must have at least {Access.Callers.LocalKey.ShortestKey} characters.");

    private static EntraSettings ReadEntra(IConfigurationSection entra) => new(
        entra["TenantId"], Texts(entra.GetSection("Audiences")), entra["Authority"],
        [.. List(entra.GetSection("Confined")).Select(one => new EntraConfinement(one["Id"], Texts(one.GetSection("Applications"))))]);

    private static IReadOnlyList<string?> Texts(IConfigurationSection list) => [.. List(list).Select(one => one.Value)];

    // A gap is a mistake, and what is said of a place in the list must be of the place that the operator wrote.
    private static IEnumerable<IConfigurationSection> List(IConfigurationSection list)
    {
        var index = 0;
        foreach (var one in list.GetChildren())
        {
            if (one.Key != index.ToString(CultureInfo.InvariantCulture))
                throw new SettingException($"{list.Path.Replace(":", "__", StringComparison.Ordinal)}__{index} must be set, as there is another after it.");
            yield return one;
            index++;
        }
    }
}
