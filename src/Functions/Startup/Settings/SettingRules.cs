using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>What the validators of options share.</summary>
internal static class SettingRules
{
    /// <summary>The result of a validator.</summary>
    /// <param name="fault">What is wrong; null for nothing.</param>
    public static ValidateOptionsResult Result(string? fault) =>
        fault is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(fault);

    /// <summary>Stops at what a validator refuses.</summary>
    /// <exception cref="SettingException">The options are not valid.</exception>
    public static void Require<T>(this IValidateOptions<T> validator, T options) where T : class
    {
        if (validator.Validate(null, options) is { Failed: true } result) throw new SettingException(result.FailureMessage);
    }

    /// <summary>Whether a text is an http or https address.</summary>
    public static bool IsWebAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");

    /// <summary>Reads an https address without a path; null if it is not one.</summary>
    public static Uri? TryHttpsAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.PathAndQuery == "/" ? uri : null;
}
