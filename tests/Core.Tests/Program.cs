using Gatehouse.Tests.Access.Callers;
using Gatehouse.Tests.Archive;
using Gatehouse.Tests.Custody;
using Gatehouse.Tests.Secrets.Local;
using Gatehouse.Tests.Storage.Sqlite;

// The test runner loads this assembly without running this code. A test that needs a second process starts the assembly as a
// program, with the name of what to run.
return args switch
{
    ["increment", var path, var times] => await SqliteProcessTests.IncrementAsync(path, int.Parse(times)),
    ["authenticate"] => await CallerAuthenticatorTests.AuthenticateAsync(),
    ["commit-and-wait", var path, var sql] => SqliteProcessTests.CommitAndWait(path, sql),
    ["commit-until-told", var path] => await SqliteStaleReadTests.CommitUntilToldAsync(path),
    ["custody", var folder, var step] => await CustodyKillTests.TellAsync(folder, int.Parse(step)),
    ["archive", var folder] => await ArchiveKillTests.RunAsync(folder),
    ["local-vault", var path] => await LocalVaultTests.PrintAssembliesAsync(path),
    _ => 2,
};
