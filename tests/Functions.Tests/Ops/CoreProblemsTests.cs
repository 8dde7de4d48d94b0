using Gatehouse.Archive;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The problem types of errors from Core.</summary>
public sealed class CoreProblemsTests
{
    public static TheoryData<Exception> Failures =>
    [
        .. Enum.GetValues<CustodyFault>().Select(fault => new CustodyException(fault, "message")),
        new PlatformException(429, 500910, "message"), PlatformException.Unavailable(), PlatformException.Internal(),
        PlatformException.InvalidCredential("message"), PlatformException.NotAuthorized("message"),
        PlatformException.ApplicationNotFound(), new PlatformException(502, 500901, "message") { Setting = "Platform__ApplicationUrl" },
        new PlatformException(503, 500901, "message") { Setting = "Platform__ApplicationUrl" },
        new PlatformException(400, 400105, "message") { Setting = "Platform__OrganizationUrl" }, new VaultException("message"), new StoreUnavailableException("message"),
        new StoreUnavailableException("message") { IsLasting = true },
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public void The_archive_names_a_failure_by_the_problem_type_of_the_facade(Exception error) =>
        Assert.Equal(CoreProblems.Of(error)!.Type, new ArchiveFailure(AppId.Generate(), error).Problem);

    [Fact]
    public void A_lasting_fault_is_not_to_be_tried_again()
    {
        foreach (var lasting in (Exception[])[new StoreUnavailableException("message") { IsLasting = true }, new VaultException("message")])
        {
            var problem = CoreProblems.Of(lasting)!;
            Assert.Null(problem.RetryAfter);
            Assert.Contains("An operator must correct this.", problem.Detail, StringComparison.Ordinal);
        }
        Assert.NotNull(CoreProblems.Of(new StoreUnavailableException("message"))!.RetryAfter);
    }

    [Theory]
    [InlineData(400100, "invalid-request")]
    [InlineData(400111, "invalid-request")]
    [InlineData(400108, "platform-refused")]
    [InlineData(400403, "platform-refused")]
    [InlineData(400404, "platform-refused")]
    [InlineData(400700, "platform-refused")]
    public void A_refusal_by_the_platform_is_an_invalid_request_only_if_a_value_is_wrong(int code, string type) =>
        Assert.Equal(type, CoreProblems.Of(new PlatformException(400, code, "no"))!.Type);
}
