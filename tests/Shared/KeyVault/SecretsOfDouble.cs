using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.KeyVault;

/// <summary>What a <see cref="KeyVaultDouble"/> holds, and its answers about it.</summary>
internal sealed class SecretsOfDouble(KeyVaultDouble vault)
{
    private const int ValueLimit = 25_600;

    // Names are case-insensitive.
    private readonly Dictionary<string, Held> held = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock gate = new();

    private enum State
    {
        Active,
        BeingDeleted,
        Deleted,
        BeingRecovered,
    }

    /// <summary>The values of a secret's versions, oldest first, deleted or not; none where the name is free.</summary>
    public IReadOnlyList<string> Values(string name)
    {
        lock (gate) return held.TryGetValue(name, out var secret) ? [.. secret.Versions.Select(version => version.Value)] : [];
    }

    /// <summary>The newest version of a secret, as Key Vault shows it, without its value.</summary>
    public JsonObject Newest(string name)
    {
        lock (gate) return Represent(held[name], held[name].Versions[^1], withValue: false);
    }

    /// <summary>Whether the name is soft-deleted.</summary>
    public bool IsDeleted(string name)
    {
        lock (gate) return held.TryGetValue(name, out var secret) && Settle(secret) == State.Deleted;
    }

    /// <summary>Disables a version, as an operator would.</summary>
    public void Disable(string name, int version)
    {
        lock (gate) held[name].Versions[version].Enabled = false;
    }

    /// <summary>Deletes a secret by hand.</summary>
    public void Delete(string name)
    {
        lock (gate) held[name].Become(State.Deleted, default);
    }

    /// <summary>Adds a version with a name of the test's choice, as another instance or an operator would.</summary>
    public void Add(string name, string value, string version, string? tag = null)
    {
        lock (gate)
        {
            if (!held.TryGetValue(name, out var secret)) held[name] = secret = new Held(name);
            secret.Versions.Add(
                new Version(version, value, Now.ToUnixTimeSeconds(), tag is null ? null : new JsonObject { ["gatehouse"] = tag }));
        }
    }

    /// <summary>Answers an authenticated request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        JsonNode? body = null;
        if (request.ContentLength > 0) body = await JsonNode.ParseAsync(request.Body);
        var reply = Decide(request, body);
        if (reply.Error is { } error) await KeyVaultDouble.RefuseAsync(context, reply.Status, error.Code, error.Message, error.Inner);
        else await WriteAsync(context, reply);
    }

    private DateTimeOffset Now => vault.Clock.GetUtcNow();

    private static async Task WriteAsync(HttpContext context, Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        if (reply.Body is null) return;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(reply.Body.ToJsonString());
    }

    private Reply Decide(HttpRequest request, JsonNode? body)
    {
        var path = request.Path.Value!.Trim('/').Split('/');
        lock (gate)
        {
            return (request.Method, path) switch
            {
                ("GET", ["secrets", var name]) => May("get") ?? Get(name, null),
                ("GET", ["secrets", var name, "versions"]) => May("list") ?? List(name, request.Query["$skiptoken"]),
                ("GET", ["secrets", var name, var version]) => May("get") ?? Get(name, version),
                ("PUT", ["secrets", var name]) => May("set") ?? Set(name, body!),
                ("DELETE", ["secrets", var name]) => May("delete") ?? Delete(name, "delete"),
                ("GET", ["deletedsecrets", var name]) => May("get") ?? GetDeleted(name),
                ("POST", ["deletedsecrets", var name, "recover"]) => May("recover") ?? Recover(name),
                ("DELETE", ["deletedsecrets", var name]) => May("purge") ?? Purge(name),
                _ => Reply.Refuse(404, "NotFound", "There is no such operation."),
            };
        }
    }

    private Reply? May(string operation) => vault.Forbidden.Contains(operation)
        ? Reply.Refuse(403, "Forbidden", $"Caller is not authorized to perform action {operation} on resource.", "ForbiddenByRbac")
        : null;

    private Reply Get(string name, string? version)
    {
        if (Active(name) is not { } secret) return NotFound(name);
        var found = version is null ? secret.Versions[^1] : secret.Versions.Find(held => held.Name == version);
        if (found is null) return NotFound(name);
        return found.Enabled
            ? Reply.Of(Represent(secret, found, withValue: true))
            : Reply.Refuse(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
    }

    private Reply List(string name, string? skip)
    {
        var from = int.Parse(skip is { Length: > 0 } ? skip : "0");
        var versions = Active(name)?.Versions ?? [];
        // Ordered by name, which is random.
        var page = versions.OrderBy(version => version.Name, StringComparer.Ordinal).Skip(from).Take(vault.PageSize)
            .Select(version => (JsonNode)Represent(held[name], version, withValue: false));
        var next = from + vault.PageSize;
        return Reply.Of(new JsonObject
        {
            ["value"] = new JsonArray([.. page]),
            ["nextLink"] = next < versions.Count
                ? new Uri(vault.Address, $"secrets/{name}/versions?api-version=7.6&$skiptoken={next}").AbsoluteUri
                : null,
        });
    }

    private Reply Set(string name, JsonNode body)
    {
        var value = body["value"]!.GetValue<string>();
        if (value.Length > ValueLimit) return Reply.Refuse(400, "BadParameter", "The value is too long.");
        if (held.TryGetValue(name, out var secret) && Settle(secret) is var state and not State.Active)
        {
            return state switch
            {
                State.BeingDeleted => Conflict($"Secret {name} is currently being deleted.", "ObjectIsBeingDeleted"),
                State.BeingRecovered => Conflict($"Secret {name} is currently being recovered.", "ObjectIsBeingRecovered"),
                _ => Conflict($"Secret {name} is currently in a deleted but recoverable state.", "ObjectIsDeletedButRecoverable"),
            };
        }
        if (secret is null) held[name] = secret = new Held(name);
        var version = new Version(
            Guid.NewGuid().ToString("N"), value, Now.ToUnixTimeSeconds(), body["tags"]?.DeepClone().AsObject())
        {
            Enabled = body["attributes"]?["enabled"]?.GetValue<bool>() ?? true,
            Expires = body["attributes"]?["exp"]?.GetValue<long>(),
            ContentType = body["contentType"]?.GetValue<string>(),
        };
        secret.Versions.Add(version);
        return Reply.Of(Represent(secret, version, withValue: true));
    }

    private Reply Delete(string name, string operation)
    {
        if (Active(name) is not { } secret)
        {
            return held.ContainsKey(name)
                ? Conflict($"Secret {name} is currently in another state than {operation} needs.", "ObjectIsBeingDeleted")
                : NotFound(name);
        }
        secret.Become(State.BeingDeleted, Now + vault.Transition);
        return Reply.Of(RepresentDeleted(secret));
    }

    private Reply GetDeleted(string name) =>
        Deleted(name) is { } secret ? Reply.Of(RepresentDeleted(secret)) : NotFound(name);

    private Reply Recover(string name)
    {
        if (Deleted(name) is not { } secret) return NotFound(name);
        secret.Become(State.BeingRecovered, Now + vault.Transition);
        return Reply.Of(Represent(secret, secret.Versions[^1], withValue: false));
    }

    private Reply Purge(string name)
    {
        if (Deleted(name) is null) return NotFound(name);
        held.Remove(name);
        return new Reply(204);
    }

    private Held? Active(string name) => held.TryGetValue(name, out var secret) && Settle(secret) == State.Active ? secret : null;

    private Held? Deleted(string name) => held.TryGetValue(name, out var secret) && Settle(secret) == State.Deleted ? secret : null;

    private State Settle(Held secret) => secret.StateAt(Now);

    private JsonObject Represent(Held secret, Version version, bool withValue)
    {
        var bundle = new JsonObject
        {
            ["id"] = new Uri(vault.Address, $"secrets/{secret.Name}/{version.Name}").AbsoluteUri,
            ["attributes"] = new JsonObject
            {
                ["enabled"] = version.Enabled,
                ["created"] = version.Created,
                ["updated"] = version.Created,
                ["recoveryLevel"] = "Recoverable+Purgeable",
                ["recoverableDays"] = 90,
            },
            ["tags"] = version.Tags?.DeepClone() ?? new JsonObject(),
        };
        if (version.Expires is { } end) bundle["attributes"]!["exp"] = end;
        if (version.ContentType is { } type) bundle["contentType"] = type;
        if (withValue) bundle["value"] = version.Value;
        return bundle;
    }

    private JsonObject RepresentDeleted(Held secret)
    {
        var bundle = Represent(secret, secret.Versions[^1], withValue: false);
        bundle["recoveryId"] = new Uri(vault.Address, $"deletedsecrets/{secret.Name}").AbsoluteUri;
        bundle["deletedDate"] = Now.ToUnixTimeSeconds();
        bundle["scheduledPurgeDate"] = Now.AddDays(90).ToUnixTimeSeconds();
        return bundle;
    }

    private static Reply NotFound(string name) =>
        Reply.Refuse(404, "SecretNotFound", $"A secret with (name/id) {name} was not found in this key vault.");

    private static Reply Conflict(string message, string inner) => Reply.Refuse(409, "Conflict", message, inner);

    private sealed record Reply(int Status, JsonNode? Body = null, (string Code, string Message, string? Inner)? Error = null)
    {
        public static Reply Of(JsonNode body) => new(200, body);

        public static Reply Refuse(int status, string code, string message, string? inner = null) =>
            new(status, Error: (code, message, inner));
    }

    private sealed class Version(string name, string value, long created, JsonObject? tags)
    {
        public string Name => name;

        public string Value => value;

        public long Created => created;

        public JsonObject? Tags => tags;

        public bool Enabled { get; set; } = true;

        public long? Expires { get; init; }

        public string? ContentType { get; init; }
    }

    private sealed class Held(string name)
    {
        private State state;
        private DateTimeOffset until;

        public string Name => name;

        public List<Version> Versions { get; } = [];

        public void Become(State next, DateTimeOffset at) => (state, until) = (next, at);

        public State StateAt(DateTimeOffset now)
        {
            if (now < until) return state;
            state = state switch { State.BeingDeleted => State.Deleted, State.BeingRecovered => State.Active, _ => state };
            return state;
        }
    }
}
