using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

/// <summary>
/// The contract's own examples, from <c>contract-examples.json</c>. Each is sent unchanged. Its answer must have exactly the fields
/// and values of the contract; of ids, tokens and times only the format is compared.
/// </summary>
public abstract partial class ContractExamplesTests(TestStore store, Head head)
{
    private static readonly JsonElement[] Examples =
        [.. JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Platform", "contract-examples.json"))).EnumerateArray()];

    public static TheoryData<int, string> Sections
    {
        get
        {
            var sections = new TheoryData<int, string>();
            for (var index = 0; index < Examples.Length; index++) sections.Add(index, Examples[index].GetProperty("section").GetString()!);
            return sections;
        }
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public async Task The_contract_s_example_gets_the_contract_s_answer(int index, string section)
    {
        var example = Examples[index];
        var now = example.TryGetProperty("now", out var instant) ? instant.GetDateTimeOffset() : DateTimeOffset.UtcNow;
        // A message is counted within three days, so the clock follows the days of the messages.
        var clock = new TestClock(FirstMessageDay(example) ?? now);
        await using var gatehouse = await head.StartAsync(clock: clock, store: store);
        var scene = await Scene.SetAsync(gatehouse.Api, clock, example);

        var answer = await scene.SendAsync(example);

        scene.Compare(example.GetProperty("answer"), answer.Ok(), section);
    }

    private static DateTimeOffset? FirstMessageDay(JsonElement example) =>
        example.TryGetProperty("given", out var given)
        && given.EnumerateArray().Select(step => step.GetString()!.Split(' ')).FirstOrDefault(words => words is ["usage", "messages", ..]) is { } usage
            ? Noon(usage[3])
            : null;

    private static DateTimeOffset Noon(string day) => DateTimeOffset.Parse($"{day}T12:00:00Z", CultureInfo.InvariantCulture);

    /// <summary>The preconditions of an example, and the values of its placeholders.</summary>
    private sealed partial class Scene(PlatformClient api)
    {
        private readonly Dictionary<string, string> values = [];
        private CreatedApplication? application;

        public static async Task<Scene> SetAsync(PlatformClient api, TestClock clock, JsonElement example)
        {
            var scene = new Scene(api);
            if (example.TryGetProperty("application", out var name))
            {
                var application = await api.CreateApplicationAsync(name.GetString()!);
                scene.application = application;
                scene.values["master"] = application.Master.Value;
                scene.values["secondary"] = (await api.IssueTokenAsync(application.Master)).Value;
            }
            if (example.TryGetProperty("given", out var given))
            {
                foreach (var step in given.EnumerateArray())
                {
                    clock.Advance(TimeSpan.FromSeconds(1));
                    var parts = step.GetString()!.Split(' ', 3);
                    if (parts[0] == "usage")
                    {
                        await scene.UseAsync(clock, parts[1], parts[2].Split(' '));
                        continue;
                    }
                    var credential = scene.values.TryGetValue("master", out var master) ? Credential.Token(master) : api.Organization;
                    var answer = (await api.PostAsync(parts[1], credential, parts.ElementAtOrDefault(2))).Ok();
                    if (answer.TryGetProperty("push_configurations", out var added)) scene.values["push"] = added[0].GetString()!;
                }
            }

            return scene;
        }

        public Task<Answer> SendAsync(JsonElement example)
        {
            var request = Fill(example.GetProperty("request").GetString()!).Split(' ');
            var role = example.GetProperty("as").GetString()!;
            return api.SendAsync(
                new HttpMethod(request[0]), request[1],
                role == "organization" ? api.Organization : Credential.Token(values[role]), Content(example));
        }

        public void Compare(JsonElement expected, JsonElement actual, string where)
        {
            switch (expected.ValueKind)
            {
                case JsonValueKind.Object:
                    Assert.Equal(
                        expected.EnumerateObject().Select(member => member.Name).Order(),
                        actual.EnumerateObject().Select(member => member.Name).Order());
                    foreach (var member in expected.EnumerateObject())
                        Compare(member.Value, actual.GetProperty(member.Name), $"{where}: {member.Name}");
                    break;
                case JsonValueKind.Array:
                    Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                    foreach (var (one, other) in Sorted(expected).Zip(Sorted(actual))) Compare(one, other, where);
                    break;
                case JsonValueKind.String when Forms.TryGetValue(expected.GetString()!, out var form):
                    Assert.Matches(form, actual.ToString());
                    Assert.Equal(expected.GetString() == "{milliseconds}" ? JsonValueKind.Number : JsonValueKind.String, actual.ValueKind);
                    break;
                case JsonValueKind.String:
                    Assert.Equal(Fill(expected.GetString()!), actual.GetString());
                    break;
                default:
                    Assert.Equal(expected.GetRawText(), actual.GetRawText());
                    break;
            }
        }

        private static readonly Dictionary<string, string> Forms = new()
        {
            ["{hex40}"] = "^[0-9a-f]{40}$",
            ["{uuid}"] = "^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$",
            ["{milliseconds}"] = "^[0-9]{13}$",
        };

        // The platform lists applications in the order of their ids, which are random.
        private static IEnumerable<JsonElement> Sorted(JsonElement list) =>
            list.EnumerateArray().OrderBy(one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("name", out var name) ? name.GetString() : "");

        private static HttpContent? Content(JsonElement example)
        {
            HttpContent? content = null;
            if (example.TryGetProperty("body", out var body)) content = new StringContent(body.GetRawText(), Encoding.UTF8);
            if (example.TryGetProperty("multipart", out var lines))
            {
                var text = string.Join("\r\n", lines.EnumerateArray().Select(line => line.GetString()));
                var parts = text.Split("(certificate)");
                content = new ByteArrayContent(
                    [.. Encoding.UTF8.GetBytes(parts[0]), .. TestCertificates.P12(CertificateKind.Development, password: null), .. Encoding.UTF8.GetBytes(parts[1])]);
            }
            var type = example.TryGetProperty("contentType", out var given) ? given.GetString() : "application/json; charset=utf8";
            content?.Headers.Remove("Content-Type");
            content?.Headers.TryAddWithoutValidation("Content-Type", type);
            return content;
        }

        // "connections n", or "messages" or "users n first last": n of them, spread over the days from the first to the last.
        private async Task UseAsync(TestClock clock, string kind, string[] words)
        {
            var count = int.Parse(words[0], CultureInfo.InvariantCulture);
            if (kind == "connections")
            {
                (await api.RecordAsync(application!, $$"""{"type":"connections","node":"a","count":{{count}}}""")).Ok();
                return;
            }
            var first = Noon(words[1]);
            var days = (Noon(words[^1]) - first).Days + 1;
            foreach (var day in Enumerable.Range(0, count).GroupBy(number => number % days).OrderBy(day => day.Key))
            {
                var at = first.AddDays(day.Key);
                if (kind == "messages" && clock.GetUtcNow() < at) clock.Set(at);
                foreach (var some in day.Select(number => Event(kind, number, at.ToUnixTimeMilliseconds())).Chunk(1000))
                    Assert.Equal(some.Length, (await api.RecordAsync(application!, some)).Ok().GetProperty("accepted").GetInt32());
            }
        }

        private static string Event(string kind, int number, long at) => kind == "users"
            ? $$"""{"type":"active","user_id":"user {{number}}","at":{{at}}}"""
            : $$"""{"type":"message","message_id":"{{at}} {{number}}","user_id":"user {{number}}","channel_url":"{{number}}","sent_at":{{at}}}""";

        private string Fill(string text) => Placeholder().Replace(text, match => values[match.Groups[1].Value]);

        [GeneratedRegex("{([a-z]+)}")]
        private static partial Regex Placeholder();
    }
}

public sealed class ContractExamplesOnSqliteTests() : ContractExamplesTests(TestStore.Sqlite, Head.Server);

public sealed class ContractExamplesOnAzuriteTests() : ContractExamplesTests(TestStore.Azurite, Head.Server);

public sealed class ContractExamplesOnFunctionsHostTests() : ContractExamplesTests(TestStore.Sqlite, Head.FunctionsHost);
