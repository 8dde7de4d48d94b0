using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>What the compiled Bicep files would create: in dev, in prod, and with every parameter used. Compiled once.</summary>
[CollectionDefinition(nameof(Deployments))]
public sealed class Deployments : IAsyncLifetime, ICollectionFixture<Deployments>
{
    private const string Everything = """
        using 'main.bicep'
        param environmentName = 'All-EU'
        param entraClientId = '00000000-0000-0000-0000-000000000001'
        param alertsWebhookUrl = 'https://example.com/alerts'
        param keepPreviousAlertsSecret = true
        param furtherSettings = {}
        param otlpEndpoint = 'https://collector.example.com:4318'
        param otlpHeaders = 'api-key=secret'
        param usePrivateEndpoints = true
        param useWebhookEntrance = true
        param isZoneRedundant = true
        param lockData = true
        """;

    private Dictionary<string, IReadOnlyList<JsonElement>> resources = [];

    /// <summary>The names of the deployments.</summary>
    public static TheoryData<string> Each => ["dev", "prod", "all"];

    /// <summary>The ARM template.</summary>
    internal JsonElement Template { get; private set; }

    public async Task InitializeAsync()
    {
        using var compiler = new BicepCompiler();
        Template = await compiler.TemplateAsync();
        resources = new Dictionary<string, IReadOnlyList<JsonElement>>
        {
            ["dev"] = await compiler.ResourcesAsync("dev"),
            ["prod"] = await compiler.ResourcesAsync("prod"),
            ["all"] = await compiler.ResourcesAsync("all", Everything),
        };
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The resources of a type.</summary>
    internal IEnumerable<JsonElement> Of(string deployment, string type) =>
        resources[deployment].Where(resource => resource.GetProperty("type").GetString() == type);

    /// <summary>The value at a path such as <c>properties.name</c>.</summary>
    internal static JsonElement At(JsonElement element, string path) =>
        path.Split('.').Aggregate(element, (at, name) => at.GetProperty(name));

    /// <summary>What an extension resource, such as a role assignment, belongs to. Its id is the scope and <c>/providers/...</c>, or an
    /// expression whose first argument is the scope.</summary>
    internal static string ScopeOf(JsonElement extension)
    {
        var id = extension.GetProperty("id").GetString()!;
        return id[0] == '[' ? id.Split('\'')[1] : id[..id.LastIndexOf("/providers/", StringComparison.Ordinal)];
    }
}
