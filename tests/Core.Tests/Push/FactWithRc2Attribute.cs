namespace Gatehouse.Tests.Push;

/// <summary>A test that is skipped where the system's OpenSSL has no RC2.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithRc2Attribute : FactAttribute
{
    public FactWithRc2Attribute()
    {
        if (!TestCertificates.HasRc2) Skip = "OpenSSL's legacy provider is not installed.";
    }
}
