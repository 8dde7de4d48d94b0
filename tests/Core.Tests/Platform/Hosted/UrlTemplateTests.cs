using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

public sealed class UrlTemplateTests
{
    private static readonly AppId Id = AppId.TryParse("D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6")!.Value;

    [Theory]
    [InlineData("https://api-{application_id}.sendbird.com/v3", "https://api-d5f4e2a1-0b3c-4d5e-8f60-718293a4b5c6.sendbird.com/v3/x")]
    [InlineData("https://{region_identifier}.sendbird.com/v3/", "https://us-1.sendbird.com/v3/x")]
    [InlineData("https://chat.example.com/{application_id}", "https://chat.example.com/D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6/x")]
    [InlineData("http://127.0.0.1:7071/v3", "http://127.0.0.1:7071/v3/x")]
    [InlineData("https://gate.sendbird.com/api/v2/applications", "https://gate.sendbird.com/api/v2/x")]
    [InlineData("https://gate.sendbird.com/api/v2/applications/", "https://gate.sendbird.com/api/v2/x")]
    [InlineData("https://gate.sendbird.com/api/v2//", "https://gate.sendbird.com/api/v2/x")]
    [InlineData("https://api-{application_id}.sendbird.com/v3/applications", "https://api-d5f4e2a1-0b3c-4d5e-8f60-718293a4b5c6.sendbird.com/v3/x")]
    [InlineData("https://chat.example.com/myapplications", "https://chat.example.com/myapplications/x")]
    [InlineData("https://applications", "https://applications/x")]
    public void An_address_is_built_from_a_template(string template, string expected) =>
        Assert.Equal(expected, new Uri(UrlTemplate.TryParse(template, "us-1")!.For(Id) + "/x").AbsoluteUri);

    [Theory]
    [InlineData("")]
    [InlineData("api.sendbird.com/v3")]
    [InlineData("http://api.sendbird.com/v3")]
    [InlineData("ftp://127.0.0.1/v3")]
    [InlineData("https://api.sendbird.com/v3?x=1")]
    [InlineData("https://user@api.sendbird.com/v3")]
    [InlineData("https://api-{app_id}.sendbird.com/v3")]
    [InlineData("https://{region_identifier}.sendbird.com/v3")]
    [InlineData("https://api.sendbird.com/v3#x")]
    [InlineData("https://api.sendbird.com/v3/applications?limit=1")]
    [InlineData("https://api.sendbird.com:0/v3")]
    [InlineData("https://user:password@api.sendbird.com/v3")]
    [InlineData("https:///v3")]
    [InlineData("https://")]
    [InlineData("https://applications/applications?")]
    [InlineData(" https://api.sendbird.com/v3")]
    public void Unsafe_addresses_are_refused(string template) => Assert.Null(UrlTemplate.TryParse(template, region: null));
}
