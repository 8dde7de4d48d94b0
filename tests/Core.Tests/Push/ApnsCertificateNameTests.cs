using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class ApnsCertificateNameTests
{
    [Theory]
    [InlineData("Apple Push Services: com.example.app", "com.example.app", "com.example.app")]
    [InlineData("Apple Production IOS Push Services: com.example.app", null, "com.example.app")]
    [InlineData("Apple Development IOS Push Services: com.example.app", "com.example.app", null)]
    [InlineData("VoIP Services: com.example.app", null, null)]
    [InlineData("Apple Push Services: ", null, null)]
    [InlineData("apple push services: com.example.app", null, null)]
    [InlineData("com.example.app", null, null)]
    [InlineData("", null, null)]
    public void A_name_gives_its_bundle_id_for_its_environments(string name, string? development, string? production)
    {
        Assert.Equal(development, ApnsCertificateName.BundleIdOf(name, ApnsEnvironments.Development));
        Assert.Equal(production, ApnsCertificateName.BundleIdOf(name, ApnsEnvironments.Production));
    }
}
