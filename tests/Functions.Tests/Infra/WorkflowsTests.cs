using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>
/// Checks the workflows: pinned actions, explicit permissions, no stored secrets, existing paths, and a deployment of tested commits
/// of main only.
/// </summary>
public sealed class WorkflowsTests
{
    private const string Folder = ".github/workflows";

    [Fact]
    public async Task Actions_are_pinned_permissions_are_explicit_no_secret_is_stored_and_paths_exist() =>
        Assert.Equal("", await NodeScript.RunAsync("tests/infra", "workflows.mjs"));

    [Theory]
    [InlineData("ci.yml", "  push:\n", "  pull_request_target:\n  push:\n", "pull_request_target starts it")]
    [InlineData("deploy.yml", "  workflow_call:\n", "  workflow_run:\n", "workflow_run starts it")]
    [InlineData("ci.yml", "    timeout-minutes: 30\n", "", "it has no timeout")]
    [InlineData("ci.yml", "    permissions:\n      contents: read\n", "", "it asks for no permissions of its own")]
    [InlineData("ci.yml", "    permissions:\n      contents: read\n", "    permissions: write-all\n", "it asks for every permission")]
    [InlineData("ci.yml", "      contents: read\n", "      contents: read\n      id-token: write\n", "no environment confines it")]
    [InlineData("ci.yml", "persist-credentials: false", "persist-credentials: true", "the checkout keeps its token")]
    [InlineData("ci.yml", "          package-manager-cache: false\n", "", "setup-node can use a cache")]
    [InlineData("ci.yml", "package-manager-cache: false", "package-manager-cache: false\n          cache: npm", "it uses a cache")]
    [InlineData("ci.yml", "run: .ci/run", "run: .ci/run ${{ github.ref }}", "a command is made of an expression")]
    [InlineData("what-if.yml", "const text =", "const title = '${{ github.head_ref }}', text =", "a command is made of an expression")]
    [InlineData("ci.yml", "npm ci", "npm install azurite", "no lock file or version names")]
    [InlineData("ci.yml", "--spec zizmor==1.32.0 ", "", "no lock file or version names")]
    [InlineData("ci.yml", " && github.ref == 'refs/heads/main'", "", "any branch can be deployed")]
    [InlineData("ci.yml", "if: github.event_name != 'pull_request' &&", "if: always() &&", "it deploys after a job that failed")]
    [InlineData("ci.yml", "image, codeql", "codeql", "it deploys without waiting for image")]
    [InlineData("ci.yml", "    name: build, format, test\n", "    if: github.event_name == 'push'\n", "the deployment needs it, and it has a condition")]
    [InlineData("ci.yml", "run: .ci/run\n", "run: .ci/run\n        continue-on-error: true\n", "it can succeed in spite of an error")]
    [InlineData("deploy.yml", "  workflow_call:\n", "  workflow_call:\n  workflow_dispatch:\n", "it deploys what was not tested")]
    [InlineData("ci.yml", "run: .ci/run\n", "run: dotnet build\n", "it deploys what was not tested")]
    [InlineData("deploy-environment.yml", "on:\n", "on:\n  workflow_dispatch:\n", "it deploys what was not tested")]
    [InlineData("deploy-environment.yml", "    if: github.ref == 'refs/heads/main'\n", "", "any branch can deploy to")]
    [InlineData("deploy.yml", "      environment: prod\n", "", "needs environment")]
    [InlineData("deploy-environment.yml", "      - run: .ci/bicep\n", "", "it compiles Bicep files without .ci/bicep")]
    [InlineData("deploy-environment.yml", "outputs.commit", "outputs.sha", "no step last has an output sha")]
    public async Task What_is_wrong_is_said(string file, string text, string wrong, string problem)
    {
        using var folder = new TemporaryFolder();
        foreach (var workflow in Directory.GetFiles(Repository.PathOf(Folder))) File.Copy(workflow, folder[Path.GetFileName(workflow)]);
        var right = await File.ReadAllTextAsync(folder[file]);
        var at = right.IndexOf(text, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{file} has no {text}.");
        await File.WriteAllTextAsync(folder[file], $"{right[..at]}{wrong}{right[(at + text.Length)..]}");
        Assert.Contains(problem, await NodeScript.RunAsync("tests/infra", "workflows.mjs", folder.Path), StringComparison.Ordinal);
    }
}
