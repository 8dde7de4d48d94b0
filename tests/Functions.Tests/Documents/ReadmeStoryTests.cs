using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Runs the commands in the documents in a shell and compares the answers with the documented ones. On the server only: the
/// documents start it.
/// </summary>
public sealed partial class ReadmeStoryTests
{
    private const string DocumentedAddress = "http://127.0.0.1:7071";

    /// <summary>The documents whose commands are run.</summary>
    internal static readonly string[] Stories = ["README.md", "docs/operations.md"];

    public static TheoryData<string> Documents => [.. Stories];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_s_commands_get_the_documented_answers(string document)
    {
        using var folder = new TemporaryFolder();
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]));
        var address = (await process.AddressAsync()).ToString().TrimEnd('/');
        var greeting = await process.OutputAsync("first call");
        var readme = Repository.Read("README.md");

        // Values that differ from run to run: the documented value, and the actual one.
        var actual = new Dictionary<string, string>
        {
            [DocumentedAddress] = address,
            [Password().Match(readme).Groups[1].Value] = Password().Match(greeting).Groups[1].Value,
            [Key().Match(readme).Groups[1].Value] = Key().Match(greeting).Groups[1].Value,
        };
        var steps = (from block in DocumentBlock.Of(document)
                     where block.Kind == "console"
                     from step in block.Steps
                     select step).ToList();
        Assert.True(steps.Count >= 5, $"{document} has too few commands.");
        foreach (var (command, documented) in steps)
        {
            var answer = await RunAsync(Translate(command, actual));
            if (documented.StartsWith('{')) Compare(JsonElement.Parse(documented), JsonElement.Parse(answer), actual);
            else Assert.Equal(RandomBase64().Replace(documented, "whsec_"), RandomBase64().Replace(answer.TrimEnd('\n'), "whsec_"));
        }
    }

    private static string Translate(string command, Dictionary<string, string> actual) =>
        actual.Aggregate(command, (text, pair) => text.Replace(pair.Key, pair.Value, StringComparison.Ordinal));

    private static async Task<string> RunAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var answer = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return answer;
    }

    // The server generates ids, tokens and times. At its first use a documented value is mapped to the actual one.
    private static void Compare(JsonElement documented, JsonElement answered, Dictionary<string, string> actual)
    {
        Assert.Equal(documented.ValueKind, answered.ValueKind);
        switch (documented.ValueKind)
        {
            case JsonValueKind.Object:
                // A name can be a date, which differs too.
                foreach (var (one, other) in documented.EnumerateObject().Zip(answered.EnumerateObject()))
                    if (Date().IsMatch(one.Name) && Date().IsMatch(other.Name)) actual.TryAdd(one.Name, other.Name);
                Assert.Equal(documented.EnumerateObject().Select(member => Translate(member.Name, actual)), answered.EnumerateObject().Select(member => member.Name));
                foreach (var member in documented.EnumerateObject()) Compare(member.Value, answered.GetProperty(Translate(member.Name, actual)), actual);
                break;
            case JsonValueKind.Array:
                Assert.Equal(documented.GetArrayLength(), answered.GetArrayLength());
                foreach (var (one, other) in documented.EnumerateArray().Zip(answered.EnumerateArray())) Compare(one, other, actual);
                break;
            default:
                var (text, here) = (documented.ToString(), answered.ToString());
                // Request ids depend on the connection and can differ in length.
                if (RequestId().IsMatch(text) && RequestId().IsMatch(here)) break;
                if (!actual.ContainsKey(text) && Made().IsMatch(text) && Made().IsMatch(here) && text.Length == here.Length) actual[text] = here;
                Assert.Equal(Translate(text, actual), here);
                break;
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d$")]
    private static partial Regex Date();

    [GeneratedRegex("password ([0-9a-f]{32})")]
    private static partial Regex Password();

    [GeneratedRegex("X-Gatehouse-Key: ([0-9a-f]{40})")]
    private static partial Regex Key();

    [GeneratedRegex("whsec_[A-Za-z0-9+/]{43}=")]
    private static partial Regex RandomBase64();

    [GeneratedRegex("^[0-9A-Z]{13}:[0-9A-F]{8}$")]
    private static partial Regex RequestId();

    [GeneratedRegex(@"^([0-9a-f]{40}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-9]{13}|[0-9a-f]{16}|[0-9a-f]{4}\.{3}[0-9a-f]{4}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$")]
    private static partial Regex Made();
}
