using Gatehouse.Access.Callers;
using Gatehouse.Functions.Startup.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Gatehouse.Functions.Startup;

/// <summary>Prints what a first call needs, once requests are served.</summary>
internal sealed class StartupBanner(
    GatehouseSettings settings, DataStores data, CallerAuthenticator callers, StartupCredentials credentials, IServer server)
    : IHostedLifecycleService
{
    private const string ExampleBody = """{"name": "New application"}""";

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses;
        RequireConfigured(addresses ?? []);
        var bound = addresses?.FirstOrDefault() ?? "http://127.0.0.1:7071";
        var address = ListenAddress.OnThisMachine(bound)?.GetLeftPart(UriPartial.Authority) ?? bound;
        Print(
            $"""
            Gatehouse is at {string.Join(" and ", addresses ?? [bound])}
            {Places()}
              {(settings.Platform is { } hosted
                ? $"platform      {hosted.ApplicationUrl}"
                : $"organization  user {credentials.User}, password {credentials.CreatedPassword ?? "as configured"}")}
              ops           {string.Join(", or ", OpsCredentials())}
            {UnusedKey()}{Variables(address)}
              first call    {FirstCall(address)}
            """);
        return Task.CompletedTask;
    }

    // The server also serves if its standard output cannot be written.
    private static void Print(string text)
    {
        try
        {
            Console.Out.WriteLine(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is closed, or a file on a full disk.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The settings were checked before. These are the addresses that are really bound.
    private void RequireConfigured(ICollection<string> addresses)
    {
        if (credentials is { CreatedKey: null, CreatedPassword: null }) return;
        if (addresses.FirstOrDefault(address => !Uri.TryCreate(address, UriKind.Absolute, out var uri) || !uri.IsLoopback) is { } open)
            throw new SettingException($"The server listens on {open}, which others can reach: configure the credentials first.");
    }

    private bool TakesKey => credentials.CreatedKey is not null || settings.Callers is { LocalKey: not null } or { Keys.Count: > 0 };

    private IEnumerable<string> OpsCredentials()
    {
        if (TakesKey) yield return $"X-Gatehouse-Key: {credentials.CreatedKey ?? "as configured"}";
        if (callers.TakesBearer) yield return "Authorization: Bearer, a token of Entra ID";
    }

    private string FirstCall(string address)
    {
        if (settings.Platform is null)
            return $"curl -u \"{credentials.User}:{credentials.CreatedPassword ?? "$Organization__Password"}\" -d '{ExampleBody}' {address}/v3/applications";
        var credential = TakesKey ? $"X-Gatehouse-Key: {credentials.CreatedKey ?? "$Ops__LocalKey"}" : "Authorization: Bearer $TOKEN";
        return $"curl -H \"{credential}\" {address}/ops/v1/applications";
    }

    // Whoever adds the first caller still has the key that the starts before printed.
    private string UnusedKey()
    {
        if (!credentials.HasUnusedKey) return "";
        var why = settings.Callers switch
        {
            { LocalKey: not null } => "Ops__LocalKey is set",
            { Keys.Count: > 0 } => "Ops__Callers is set. Ops__LocalKey sets one",
            _ => "Entra__TenantId is set. Ops__LocalKey sets one",
        };
        return $"  key off       the generated X-Gatehouse-Key is off since {why}.{Environment.NewLine}";
    }

    // At the start of its line, so that the whole line can be pasted. A comment behind it would not do: zsh takes none.
    private string Variables(string address)
    {
        Variable[] variables =
        [
            new("GATEHOUSE", address, ""),
            .. TakesKey ? [new("KEY", credentials.CreatedKey, "an X-Gatehouse-Key")] : Array.Empty<Variable>(),
            // The hosted platform's credentials are in the vault, and no request to Gatehouse carries them.
            .. settings.Platform is null
                ? [new("ORG", credentials.CreatedPassword is { } password ? $"{credentials.User}:{password}" : null, "user:password")]
                : Array.Empty<Variable>(),
        ];
        var line = ShellVariables.Export(from variable in variables where variable.Value is not null select (variable.Name, variable.Value));
        var others = variables.Where(variable => variable.Value is null).Select(variable => $"{variable.Name} ({variable.What})").ToList();
        return others.Count == 0 ? line : $"""
            {line}
              set as well   {string.Join(" and ", others)}, as configured
            """;
    }

    private string Places() => string.Join(
        Environment.NewLine,
        (string[])[
            .. data.Account is { } account ? new[] { $"  tables        {account}" } : [],
            .. data.Folder is { } folder ? new[] { $"  data folder   {folder.Path}" } : [],
        ]);

    // A class: the runtime has code for lists of classes, and compiles code for lists of each struct at the start.
    private sealed record Variable(string Name, string? Value, string What);
}
