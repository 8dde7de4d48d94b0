using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gatehouse.Access.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Tests.Access.Callers;

/// <summary>
/// An Entra ID tenant over real HTTP: its OpenID Connect metadata, its published keys, and the tokens that it issues with
/// them, valid or not.
/// </summary>
public sealed class TestTenant : IAsyncDisposable
{
    public const string Audience = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
    public const string Client = "11111111-2222-3333-4444-555555555555";
    public const string User = "99999999-8888-7777-6666-555555555555";

    private readonly WebApplication server;
    private int reads;

    private TestTenant(WebApplication server) => this.server = server;

    public string Id { get; } = Guid.NewGuid().ToString();

    public string Address => server.Urls.Single();

    /// <summary>The published keys.</summary>
    public List<TestKey> Keys { get; } = [new("first", TestKey.One)];

    /// <summary>How often the metadata were read.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Runs before the metadata are answered; does nothing by default.</summary>
    public Func<HttpContext, Task<bool>> Before { get; set; } = _ => Task.FromResult(true);

    public EntraSettings Settings => new(Id, [Audience, "api://gatehouse"], Address, []);

    public string Issuer => $"{Address}/{Id}/v2.0";

    public static async Task<TestTenant> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        var tenant = new TestTenant(server);
        server.MapGet("/{tenant}/v2.0/.well-known/openid-configuration", (Delegate)tenant.MetadataAsync);
        server.MapGet("/{tenant}/discovery/v2.0/keys", () => Results.Text(tenant.PublishedKeys(), "application/json"));
        await server.StartAsync();
        return tenant;
    }

    /// <summary>The claims of a v2 token of an application that acts for itself.</summary>
    public JsonObject Claims(DateTimeOffset now) => new()
    {
        ["aud"] = Audience,
        ["iss"] = Issuer,
        ["iat"] = now.ToUnixTimeSeconds(),
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        ["azp"] = Client,
        ["oid"] = User,
        ["roles"] = new JsonArray("Applications.Read", "Tokens.Issue"),
        ["tid"] = Id,
        ["ver"] = "2.0",
    };

    /// <summary>The claims of a v1 token of an application that acts for itself.</summary>
    public JsonObject ClaimsOfV1(DateTimeOffset now)
    {
        var claims = Claims(now);
        claims.Remove("azp");
        claims["aud"] = "api://gatehouse";
        claims["iss"] = $"https://sts.windows.net/{Id}/";
        claims["appid"] = Client;
        claims["ver"] = "1.0";
        return claims;
    }

    public string Sign(JsonObject claims, TestKey? key = null) => (key ?? Keys[0]).Sign(claims);

    public async ValueTask DisposeAsync() => await server.DisposeAsync();

    private async Task<IResult> MetadataAsync(HttpContext context)
    {
        Interlocked.Increment(ref reads);
        if (!await Before(context)) return Results.StatusCode(StatusCodes.Status404NotFound);
        var metadata = new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = $"{Address}/{Id}/discovery/v2.0/keys" };
        return Results.Text(metadata.ToJsonString(), "application/json");
    }

    private string PublishedKeys()
    {
        lock (Keys) return new JsonObject { ["keys"] = new JsonArray([.. Keys.Select(key => key.Publish())]) }.ToJsonString();
    }
}

/// <summary>A tenant's signing key, with its key id.</summary>
public sealed class TestKey(string id, RSA rsa)
{
    /// <summary>Two keys, created once because it takes a while.</summary>
    public static readonly RSA One = RSA.Create(2048);

    public static readonly RSA Other = RSA.Create(2048);

    public RSA Rsa => rsa;

    public string Id => id;

    public JsonNode Publish()
    {
        var key = Rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = id,
            ["n"] = Encode(key.Modulus),
            ["e"] = Encode(key.Exponent),
        };
    }

    public string Sign(JsonObject claims) => Sign(
        new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["kid"] = id }, claims,
        bytes => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Sign(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(header))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{text}.{Encode(sign(System.Text.Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Encode(byte[]? bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
