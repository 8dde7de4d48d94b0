using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>Checks the workflows: pinned actions, explicit permissions, no stored secrets, existing paths.</summary>
public sealed class WorkflowsTests
{
    [Fact]
    public async Task Actions_are_pinned_permissions_are_explicit_no_secret_is_stored_and_paths_exist() =>
        Assert.Equal("", await NodeScript.RunAsync("tests/infra", "workflows.mjs"));
}
