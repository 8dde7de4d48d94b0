namespace Gatehouse.Platform.Hosted;

/// <summary>Whether a request may be sent again when it is not known whether it was carried out.</summary>
internal enum RetryMode
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Yes; "not found" (400201) then means that it was deleted.</summary>
    UntilGone,

    /// <summary>Yes: it changes nothing.</summary>
    Always,
}

/// <summary>One request to the platform, which can be sent several times.</summary>
/// <param name="Operation">Its name in logs and traces.</param>
/// <param name="Method">The method.</param>
/// <param name="Address">The base address to send it to.</param>
/// <param name="Path">The path from the base URL on, starting with a slash.</param>
/// <param name="Credential">What it is authenticated with.</param>
/// <param name="RetryMode">Whether it may be sent again.</param>
internal sealed record HostedRequest(
    string Operation, HttpMethod Method, HostedAddress Address, string Path, HostedCredential Credential, RetryMode RetryMode)
{
    /// <summary>Creates the body for an attempt; null for none.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Other secrets in it. A message of the platform that repeats one is not passed on.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>A request that reads.</summary>
    public static HostedRequest Get(string operation, HostedAddress address, string path, HostedCredential credential) =>
        new(operation, HttpMethod.Get, address, path, credential, RetryMode.Always);

    /// <summary>A request that adds.</summary>
    public static HostedRequest Post(
        string operation, HostedAddress address, string path, HostedCredential credential, Func<HttpContent> content) =>
        new(operation, HttpMethod.Post, address, path, credential, RetryMode.Never) { Content = content };

    /// <summary>A request that removes.</summary>
    public static HostedRequest Delete(
        string operation, HostedAddress address, string path, HostedCredential credential, RetryMode repetition) =>
        new(operation, HttpMethod.Delete, address, path, credential, repetition);

    /// <summary>The message for a try.</summary>
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Address.At(Path));
        message.Headers.TryAddWithoutValidation(Credential.Header, Credential.Value);
        // The HTTP client itself sends a request without a body again when a reused connection is closed before an answer.
        // So requests that change something always have a body, even an empty one, and are sent once for each attempt.
        if (Content is not null) message.Content = Content();
        else if (RetryMode != RetryMode.Always) message.Content = new ByteArrayContent([]);
        return message;
    }

    /// <summary>The method and the operation. The path may hold a token.</summary>
    public override string ToString() => $"{Method} {Operation}";
}

/// <summary>The base address for an application, or for the organization.</summary>
/// <param name="Url">The base URL, without a slash at its end.</param>
/// <param name="Host">The host behind it.</param>
/// <param name="Setting">The setting that it comes from.</param>
internal sealed record HostedAddress(string Url, HostedHost Host, string Setting)
{
    /// <summary>The setting of the address for an application.</summary>
    public const string ApplicationSetting = "Platform__ApplicationUrl";

    /// <summary>The setting of the organization's address.</summary>
    public const string OrganizationSetting = "Platform__OrganizationUrl";

    // Parsed once, because it is used most.
    private readonly Uri tokens = new(Url + HostedPlatform.Tokens);

    /// <summary>The URI of a path.</summary>
    public Uri At(string path) => ReferenceEquals(path, HostedPlatform.Tokens) ? tokens : new Uri(Url + path);
}

/// <summary>An authentication header.</summary>
/// <param name="Header">Its name.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct HostedCredential(string Header, string Value)
{
    private const string TokenHeader = "Api-Token";

    public static HostedCredential Of(ApplicationCredential credential) => new(TokenHeader, credential.Token.Reveal());

    public override string ToString() => Header;
}
