using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Makes the function answer HTTP requests; stands on its <c>HttpRequest</c> parameter.</summary>
public sealed class HttpTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>Any method, at <see cref="AuthorizationLevel.Function"/>.</summary>
    public HttpTriggerAttribute() => AuthLevel = AuthorizationLevel.Function;

    /// <summary>These methods. The level is then <see cref="AuthorizationLevel.Anonymous"/>, as officially.</summary>
    public HttpTriggerAttribute(params string[] methods) => Methods = methods;

    /// <summary>Any method, at this level.</summary>
    public HttpTriggerAttribute(AuthorizationLevel authLevel) => AuthLevel = authLevel;

    /// <summary>These methods, at this level.</summary>
    public HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods)
    {
        AuthLevel = authLevel;
        Methods = methods;
    }

    /// <summary>The route template, without host.json's prefix; where there is none, the function's name.</summary>
    public string? Route { get; set; }

    /// <summary>The methods that the function answers; null or empty is any.</summary>
    public string[]? Methods { get; private set; }

    /// <summary>Which key the Functions host asks of a request.</summary>
    public AuthorizationLevel AuthLevel { get; private set; }
}
