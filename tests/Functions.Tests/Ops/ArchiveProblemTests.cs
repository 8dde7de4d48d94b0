using Gatehouse.Archive;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>A failure of the archive is named as the facade would answer it.</summary>
public sealed class ArchiveProblemTests
{
    public static TheoryData<Exception> Failures =>
    [
        .. Enum.GetValues<CustodyFault>().Select(fault => new CustodyException(fault, "message")),
        new PlatformException(429, 500910, "message"), PlatformException.Unavailable(), PlatformException.Internal(),
        PlatformException.InvalidCredential("message"), PlatformException.NotAuthorized("message"),
        PlatformException.ApplicationNotFound(), new VaultException("message"), new StoreUnavailableException("message"),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public void Its_problem_is_the_type_of_the_facade_s(Exception error) =>
        Assert.Equal(CoreProblems.Of(error)!.Type, new ArchiveFailure(AppId.Generate(), error).Problem);
}
