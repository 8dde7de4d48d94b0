using System.Buffers;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// A base URL in which <c>{application_id}</c> and <c>{region_identifier}</c> stand for an application's id and the region.
/// An id in a host name is written in lower case, as <see cref="Uri"/> writes every host name, in which case does not count;
/// elsewhere as the platform writes it, in upper case.
/// </summary>
public sealed class UrlTemplate
{
    /// <summary>Stands for the application's id.</summary>
    public const string ApplicationPlaceholder = "{application_id}";

    /// <summary>Stands for the region, such as <c>us-1</c>.</summary>
    public const string RegionPlaceholder = "{region_identifier}";

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("{}?#\\ ");

    private readonly string text;

    private UrlTemplate(string text) => this.text = text;

    /// <summary>Whether each application has an address of its own.</summary>
    public bool NamesApplication => text.Contains(ApplicationPlaceholder, StringComparison.Ordinal);

    /// <summary>
    /// Reads a template and puts the region in. Null where it is none: it must be an https address, or http on this very
    /// machine, as whatever is sent there carries a token; and have neither query nor user.
    /// </summary>
    /// <param name="text">The template.</param>
    /// <param name="region">The region; null where there is none, whereupon the template must not ask for it.</param>
    public static UrlTemplate? TryParse(string text, string? region)
    {
        if (region is not null) text = text.Replace(RegionPlaceholder, region, StringComparison.Ordinal);
        var template = new UrlTemplate(text.TrimEnd('/'));
        var sample = template.text.Replace(ApplicationPlaceholder, Guid.Empty.ToString(), StringComparison.Ordinal);
        return Uri.TryCreate(sample, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri is { Query: "", Fragment: "", UserInfo: "" }
            && sample.AsSpan().IndexOfAny(Forbidden) < 0
                ? template
                : null;
    }

    /// <summary>The base URL of an application, without a slash at its end.</summary>
    public string For(AppId application) =>
        text.Replace(ApplicationPlaceholder, application.ToString(), StringComparison.Ordinal);

    /// <summary>The template.</summary>
    public override string ToString() => text;
}
