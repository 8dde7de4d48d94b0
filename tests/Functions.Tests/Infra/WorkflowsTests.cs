using Gatehouse.Functions.Tests.Harness;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The pipelines, held to what keeps them safe and to the project that they name.</summary>
public sealed class WorkflowsTests
{
    [Fact]
    public async Task Actions_are_pinned_permissions_are_asked_for_no_secret_is_stored_and_what_is_named_is_there() =>
        Assert.Equal("", await NodeScript.RunAsync("tests/infra", "workflows.mjs"));
}
