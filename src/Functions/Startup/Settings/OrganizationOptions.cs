using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>The organization's credentials at the embedded platform: <c>Organization__...</c>.</summary>
internal sealed class OrganizationOptions
{
    /// <summary>The user. It is set together with the password; without both, they are created at first start.</summary>
    public string? User { get; set; }

    /// <summary>The password.</summary>
    public string? Password { get; set; }

    internal bool IsSet => User is not null || Password is not null;

    /// <summary>The settings; null if there are none. The options must be valid.</summary>
    internal OrganizationSettings? ToSettings() => IsSet ? new OrganizationSettings(User!, Password!) : null;
}

/// <summary>Validates <see cref="OrganizationOptions"/>.</summary>
internal sealed class OrganizationOptionsValidator : IValidateOptions<OrganizationOptions>
{
    // App Service leaves the reference as the value if it cannot read the secret.
    private const string UnresolvedReference = "@Microsoft.KeyVault(";

    public ValidateOptionsResult Validate(string? name, OrganizationOptions options) =>
        SettingRules.Result(options.IsSet ? Fault(options.User, options.Password) : null);

    private static string? Fault(string? user, string? password)
    {
        if (user is null || password is null) return "Organization__User and Organization__Password are set together or not at all.";
        if (user.Length == 0) return "Organization__User must not be empty.";
        if (user.Contains(':')) return "Organization__User must not hold a colon.";
        if (password.StartsWith(UnresolvedReference, StringComparison.OrdinalIgnoreCase))
            return "Organization__Password refers to a secret that is not in the Key Vault, or may not be read.";
        return password.Length == 0 ? "Organization__Password must not be empty." : null;
    }
}

/// <summary>The organization's configured credentials.</summary>
/// <param name="User"><c>Organization__User</c>.</param>
/// <param name="Password"><c>Organization__Password</c>.</param>
internal sealed record OrganizationSettings(string User, string Password)
{
    // The generated text would contain the password.
    public override string ToString() => User;
}
