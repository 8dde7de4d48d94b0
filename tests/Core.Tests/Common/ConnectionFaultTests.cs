using System.Security.Authentication;
using Gatehouse.Common;

namespace Gatehouse.Tests.Common;

public sealed class ConnectionFaultTests
{
    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "The vault cannot be reached: its host is not known.")]
    [InlineData(HttpRequestError.ConnectionError, "The vault cannot be reached: there is no connection.")]
    [InlineData(HttpRequestError.ProxyTunnelError, "The vault cannot be reached: the proxy does not connect to it.")]
    [InlineData(HttpRequestError.SecureConnectionError, "The vault cannot be reached: TLS fails.")]
    [InlineData(HttpRequestError.ResponseEnded, "The vault cannot be reached.")]
    public void The_reason_is_said_if_it_is_known(HttpRequestError error, string expected) =>
        Assert.Equal(expected, ConnectionFault.Explain("The vault", new HttpRequestException(error)));

    [Fact]
    public void What_is_wrong_with_a_certificate_is_said() =>
        Assert.Equal(
            "The vault cannot be reached: TLS fails (The remote certificate is invalid: NotTimeValid).",
            ConnectionFault.Explain("The vault", new HttpRequestException(
                HttpRequestError.SecureConnectionError, null, new AuthenticationException("The remote certificate is invalid: NotTimeValid."))));

    [Fact]
    public void Another_exception_has_no_reason()
    {
        Assert.Null(ConnectionFault.Reason(new IOException()));
        Assert.Null(ConnectionFault.Reason(null));
    }
}
