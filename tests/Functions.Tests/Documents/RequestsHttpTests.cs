using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Sends requests.http from its first request to its last, as an editor's REST client does. The test's HTTP client checks every
/// answer against the OpenAPI document, so each operation is seen to match it. On the server only: the file is written for the
/// README's first command, and the suites of each resource run on both heads.
/// </summary>
public sealed partial class RequestsHttpTests
{
    // What the file cannot do: it has no signature under a master token, and no master token that an operator put into the vault.
    private static readonly (string Operation, int Status)[] Elsewhere = [("ReceiveWebhook", 200), ("OpsRegisterApplication", 201)];

    [Fact]
    public async Task Every_operation_succeeds_as_the_OpenAPI_document_says()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var answers = new Dictionary<string, JsonElement>();
        var blocks = Repository.Read("requests.http").ReplaceLineEndings("\n").Split("###");
        foreach (var block in blocks.Skip(1)) await SendAsync(gatehouse.Api, block, answers);

        Assert.DoesNotContain(gatehouse.Api.Answered, answer => answer.Status >= 500);
        var wanted =
            from one in ApiDocument.Own.Operations
            from status in one.Operation.GetProperty("responses").EnumerateObject()
                // DryRunTests has the dry runs of every change. The file shows one.
            where status.Name.StartsWith('2') && !status.Value.TryGetProperty("$ref", out _)
            select (one.Operation.GetProperty("operationId").GetString()!, int.Parse(status.Name, null));
        Assert.Equal(
            wanted.Append(("OpsDeleteApplication", 200)).Except(Elsewhere).Order(),
            gatehouse.Api.Answered.Where(answer => answer.Status < 300).Distinct().Order());
    }

    private static async Task SendAsync(PlatformClient api, string block, Dictionary<string, JsonElement> answers)
    {
        var lines = block.Split('\n')[1..].Where(line => !line.StartsWith('#')).SkipWhile(string.IsNullOrWhiteSpace).ToList();
        if (lines.Count == 0) return;
        var blank = lines.FindIndex(string.IsNullOrWhiteSpace);
        var (head, body) = blank < 0 ? (lines, []) : (lines[..blank], lines[(blank + 1)..]);
        var first = Fill(head[0], api, answers).Split(' ', 2);
        using var request = new HttpRequestMessage(new HttpMethod(first[0]), first[1]);
        var headers = head.Skip(1).Select(line => Fill(line, api, answers).Split(':', 2, StringSplitOptions.TrimEntries)).ToList();
        if (body.Any(line => line.Length > 0)) request.Content = new ByteArrayContent(Content([.. body.Select(line => Fill(line, api, answers))]));
        foreach (var header in headers)
        {
            if (header[0] == "Content-Type") request.Content!.Headers.TryAddWithoutValidation(header[0], header[1]);
            else if (header is ["Authorization", var basic]) request.Headers.Authorization = Basic(basic);
            else request.Headers.TryAddWithoutValidation(header[0], header[1]);
        }

        if (request.Content is not null && IsJson(request.Content)) await CheckBodyAsync(request);
        var answer = await api.SendAsync(request);
        if (Name().Match(block) is { Success: true } name) answers[name.Groups[1].Value] = answer.Body;
    }

    // Checks the request's body against the OpenAPI document.
    private static async Task CheckBodyAsync(HttpRequestMessage request)
    {
        if (ApiDocument.Own.Find(request.Method.Method, request.RequestUri!.AbsolutePath) is not { } operation) return;
        var schema = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Null(ApiDocument.Own.Fault(schema, JsonElement.Parse(await request.Content!.ReadAsByteArrayAsync()), $"{request.RequestUri}"));
    }

    private static bool IsJson(HttpContent content) => content.Headers.ContentType?.MediaType is null or "application/json";

    private static AuthenticationHeaderValue Basic(string value) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(value["Basic ".Length..])));

    // A line such as "< ./certificate.p12" is a file. The test generates it.
    private static byte[] Content(List<string> lines)
    {
        while (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        using var bytes = new MemoryStream();
        foreach (var line in lines)
        {
            bytes.Write(line.StartsWith("< ", StringComparison.Ordinal) ? File(line) : Encoding.UTF8.GetBytes(line));
            bytes.Write("\r\n"u8);
        }
        return bytes.ToArray();
    }

    private static byte[] File(string line) => Path.GetExtension(line) switch
    {
        ".p12" => TestCertificates.P12(CertificateKind.Universal, password: "password"),
        ".json" => Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString()),
        _ => throw new InvalidOperationException($"There is no file for {line}."),
    };

    private static string Fill(string line, PlatformClient api, Dictionary<string, JsonElement> answers) => Variable().Replace(line, match =>
        match.Groups[1].Value switch
        {
            "address" => api.Address.ToString().TrimEnd('/'),
            "organization" => $"{RunningGatehouse.User}:{RunningGatehouse.Password}",
            "key" => RunningGatehouse.OpsKey,
            "$timestamp" => $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
            var path when path.Split(".response.body.$.") is [var name, var member] => Member(answers[name], member),
            var unknown => throw new InvalidOperationException($"There is no variable {unknown}."),
        });

    // As in push_configurations[0].id
    private static string Member(JsonElement body, string path) => Step().Matches(path).Aggregate(
        body, (value, step) => int.TryParse(step.Value, out var index) ? value[index] : value.GetProperty(step.Value)).GetString()!;

    [GeneratedRegex(@"^# @name (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Name();

    [GeneratedRegex(@"\{\{([^}]+)\}\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Step();
}
