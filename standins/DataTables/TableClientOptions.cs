using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>How a client speaks to the service: retries, transport, diagnostics and the service's version.</summary>
public class TableClientOptions : ClientOptions
{
    /// <summary>Makes the default options, for a version of the service.</summary>
    /// <exception cref="ArgumentException">The version is none that is known.</exception>
    public TableClientOptions(ServiceVersion serviceVersion = ServiceVersion.V2020_12_06) => VersionString = serviceVersion switch
    {
        ServiceVersion.V2019_02_02 => "2019-02-02",
        ServiceVersion.V2020_12_06 => "2020-12-06",
        _ => throw new ArgumentException("The version is not known.", nameof(serviceVersion)),
    };

    /// <summary>Whether the tenant is asked of the service, by a first request without a token.</summary>
    public bool EnableTenantDiscovery { get; set; }

    internal string VersionString { get; }

    /// <summary>A version of the service.</summary>
#pragma warning disable CA1707, CA1008 // Names and values are the official ones.
    public enum ServiceVersion
    {
        /// <summary>2019-02-02.</summary>
        V2019_02_02 = 1,

        /// <summary>2020-12-06.</summary>
        V2020_12_06 = 2,
    }
#pragma warning restore CA1707, CA1008
}
