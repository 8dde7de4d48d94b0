using System.Buffers;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// A base URL with the placeholders <c>{application_id}</c> and <c>{region_identifier}</c>. An id in the host name is
/// written in lower case, because <see cref="Uri"/> lower-cases host names; elsewhere in upper case, as the platform writes
/// it.
/// </summary>
public sealed class UrlTemplate
{
    /// <summary>The placeholder for the application's id.</summary>
    public const string ApplicationPlaceholder = "{application_id}";

    /// <summary>The placeholder for the region, such as <c>us-1</c>.</summary>
    public const string RegionPlaceholder = "{region_identifier}";

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("{}?#\\ ");

    // The platform documents its addresses with it. Every path that is sent starts with it.
    private const string Resource = "/applications";

    private readonly string text;

    private UrlTemplate(string text) => this.text = text;

    /// <summary>Whether each application has its own address.</summary>
    public bool NamesApplication => text.Contains(ApplicationPlaceholder, StringComparison.Ordinal);

    /// <summary>
    /// Parses a template and inserts the region; null where it is not valid. It must be an https address, or http on this
    /// machine, because requests carry tokens; without query or user. A slash and <c>/applications</c> at its end are left out.
    /// </summary>
    /// <param name="text">The template.</param>
    /// <param name="region">The region; null for none: then the template must not contain its placeholder.</param>
    public static UrlTemplate? TryParse(string text, string? region)
    {
        if (region is not null) text = text.Replace(RegionPlaceholder, region, StringComparison.Ordinal);
        var template = new UrlTemplate(WithoutResource(text.TrimEnd('/')));
        var sample = template.text.Replace(ApplicationPlaceholder, Guid.Empty.ToString(), StringComparison.Ordinal);
        return Uri.TryCreate(sample, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri is { Port: not 0, Query: "", Fragment: "", UserInfo: "" }
            && sample.AsSpan().IndexOfAny(Forbidden) < 0
                ? template
                : null;
    }

    private static string WithoutResource(string text) =>
        text.EndsWith(Resource, StringComparison.OrdinalIgnoreCase) && !text[..^Resource.Length].EndsWith(":/", StringComparison.Ordinal)
            ? text[..^Resource.Length].TrimEnd('/') : text;

    /// <summary>The base URL of an application, without a slash at its end.</summary>
    public string For(AppId application) =>
        text.Replace(ApplicationPlaceholder, application.ToString(), StringComparison.Ordinal);

    /// <summary>The template.</summary>
    public override string ToString() => text;
}
