namespace Gatehouse.Platform.Hosted;

/// <summary>What may be done when nobody knows whether a request was carried out.</summary>
internal enum RetryMode
{
    /// <summary>It is not repeated.</summary>
    Never,

    /// <summary>It is repeated; that what was to be removed is not there any more (400201) then means that it is done.</summary>
    UntilGone,

    /// <summary>It is repeated: it changes nothing.</summary>
    Always,
}

/// <summary>One request to the platform, which can be sent several times.</summary>
/// <param name="Operation">What it does, in words of our own: for whoever observes.</param>
/// <param name="Method">The method.</param>
/// <param name="Address">Where the platform is for it.</param>
/// <param name="Path">What follows there, from the first slash on.</param>
/// <param name="Credential">What it is authenticated with.</param>
/// <param name="RetryMode">Whether it may be repeated.</param>
internal sealed record HostedRequest(
    string Operation, HttpMethod Method, HostedAddress Address, string Path, HostedCredential Credential, RetryMode RetryMode)
{
    /// <summary>Makes the body for a try; null for none.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>What else in it is secret: no message of the platform's that repeats it is passed on.</summary>
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
        // A request without a body is sent again by the HTTP client itself where a connection that was kept is closed before
        // an answer: what changes something has one, be it empty, and so is sent once for each try.
        if (Content is not null) message.Content = Content();
        else if (RetryMode != RetryMode.Always) message.Content = new ByteArrayContent([]);
        return message;
    }

    /// <summary>Method and operation: the path may hold a token.</summary>
    public override string ToString() => $"{Method} {Operation}";
}

/// <summary>Where the platform is for an application, or for the organization.</summary>
/// <param name="Url">The base URL, without a slash at its end.</param>
/// <param name="Host">The host that is asked there.</param>
internal sealed record HostedAddress(string Url, HostedHost Host)
{
    // The one that is asked for most is read once.
    private readonly Uri tokens = new(Url + HostedPlatform.Tokens);

    /// <summary>The address of a path there.</summary>
    public Uri At(string path) => ReferenceEquals(path, HostedPlatform.Tokens) ? tokens : new Uri(Url + path);
}

/// <summary>A header that authenticates.</summary>
/// <param name="Header">Its name.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct HostedCredential(string Header, string Value)
{
    private const string TokenHeader = "Api-Token";

    public static HostedCredential Of(ApplicationCredential credential) => new(TokenHeader, credential.Token.Reveal());

    public override string ToString() => Header;
}
