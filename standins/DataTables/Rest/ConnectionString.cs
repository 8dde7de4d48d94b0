namespace Azure.Data.Tables.Rest;

/// <summary>What a connection string says: the account's address and key.</summary>
/// <param name="Endpoint">The address of the account's tables.</param>
/// <param name="Credential">The account's name and key.</param>
internal sealed record ConnectionString(Uri Endpoint, TableSharedKeyCredential Credential)
{
    // The emulator's account, which is the same everywhere.
    // Source: Microsoft Learn, "Connect to Azurite".
    private const string EmulatorName = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>Parses a connection string.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    /// <exception cref="ArgumentException">It is empty.</exception>
    /// <exception cref="InvalidOperationException">It does not consist of names and values.</exception>
    /// <exception cref="FormatException">It names no account, or its key is not base64.</exception>
    public static ConnectionString Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var values = Values(text);
        if (values.GetValueOrDefault("UseDevelopmentStorage") == "true")
        {
            var host = values.TryGetValue("DevelopmentStorageProxyUri", out var proxy) ? new Uri(proxy) : new Uri("http://127.0.0.1");
            return new ConnectionString(
                new UriBuilder(host) { Port = 10002, Path = EmulatorName }.Uri, new TableSharedKeyCredential(EmulatorName, EmulatorKey));
        }
        if (values.TryGetValue("AccountName", out var name) && values.TryGetValue("AccountKey", out var key))
        {
            var endpoint = values.TryGetValue("TableEndpoint", out var explicitly) ? explicitly
                : values.TryGetValue("EndpointSuffix", out var suffix)
                    ? $"{values.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{name}.table.{suffix}"
                    : null;
            if (Uri.TryCreate(endpoint, UriKind.Absolute, out var uri))
                return new ConnectionString(uri, new TableSharedKeyCredential(name, key));
        }
        throw new FormatException("No valid combination of account information found.");
    }

    // A value, such as a key in base64, may hold an equals sign.
    private static Dictionary<string, string> Values(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new InvalidOperationException("Connection string doesn't have value for keyword.");
            if (!values.TryAdd(pair[..equals].Trim(), pair[(equals + 1)..].Trim()))
                throw new InvalidOperationException("Duplicate keyword in connection string.");
        }
        return values;
    }
}
