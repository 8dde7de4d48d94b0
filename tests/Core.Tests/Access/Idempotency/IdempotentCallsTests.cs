using System.Text;
using FsCheck.Fluent;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Access.Idempotency;

public sealed class IdempotentCallsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AppId App = AppId.Generate();
    private static readonly Caller Service = new("service", []);
    private static readonly IdempotencyKey Key = IdempotencyKey.TryParse("key-1")!;

    private AccessScene scene = null!;
    private IdempotentCalls calls = null!;
    private readonly List<IdempotentTry> tries = [];
    private int runs;

    public async Task InitializeAsync()
    {
        scene = await AccessScene.OpenAsync();
        calls = Instance(scene.Store);
    }

    public Task DisposeAsync() => scene.DisposeAsync().AsTask();

    [Fact]
    public async Task The_same_key_and_body_get_the_first_answer_again()
    {
        var headers = new KeyValuePair<string, string>[] { new("Location", "/ops/v1/applications/1"), new("X-A", "é") };
        var first = await SendAsync(answer: new StoredAnswer(201, "application/json", "{\"a\":1}"u8.ToArray(), headers));
        var second = await SendAsync();

        Assert.False(first.Repeated);
        Assert.True(second.Repeated);
        Assert.Equal(1, runs);
        Assert.Equal(201, second.Answer.Status);
        Assert.Equal("application/json", second.Answer.ContentType);
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(second.Answer.Body.Span));
        Assert.Equal(headers, second.Answer.Headers);
    }

    [Fact]
    public async Task An_answer_without_a_body_and_one_of_512_KiB_come_back_whole()
    {
        var large = new byte[StoredAnswer.BodySize];
        new Random(1).NextBytes(large);
        await SendAsync(key: "empty", answer: new StoredAnswer(204, null, default));
        await SendAsync(key: "large", answer: new StoredAnswer(200, "text/csv", large));

        Assert.Null((await SendAsync(key: "empty")).Answer.ContentType);
        Assert.Equal(0, (await SendAsync(key: "empty")).Answer.Body.Length);
        Assert.Equal(large, (await SendAsync(key: "large")).Answer.Body.ToArray());
        Assert.Throws<ArgumentException>(() => new StoredAnswer(200, null, new byte[StoredAnswer.BodySize + 1]));
        Assert.Throws<ArgumentException>(() => new StoredAnswer(200, null, default, [new("Location", new string('a', StoredAnswer.HeaderSize))]));
    }

    [Fact]
    public async Task Another_body_or_path_is_a_mismatch()
    {
        await SendAsync();
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: Request("/a?b=1", "other")));
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: Request("/a?b=2", "body")));
        // The bytes are the same, one after the other.
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: Request("/a?b=1", "bo", "dy")));
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: Request("/a?b=1body", "")));
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: RequestFingerprint.Of("PUT", "/a?b=1", "body"u8.ToArray())));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_key_belongs_to_its_caller()
    {
        await SendAsync();
        Assert.False((await SendAsync(key: "key-2")).Repeated);
        Assert.False((await SendAsync(caller: new Caller("another", []))).Repeated);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task Of_50_concurrent_calls_on_two_instances_one_runs()
    {
        IdempotentCalls[] instances = [calls, Instance(scene.OpenStore())];
        var answer = new TaskCompletionSource<StoredAnswer>();
        var sent = Enumerable.Range(0, 50).Select(index => Task.Run(() => TryAsync(instances[index % 2], run: _ => answer.Task))).ToList();

        // All but one are answered while the operation runs.
        while (sent.Count > 1)
        {
            var told = await Task.WhenAny(sent);
            Assert.Equal(new IdempotentOutcome.Running(IdempotentCalls.TakeoverTime), await told);
            sent.Remove(told);
        }
        answer.SetResult(Ok("1"));
        Assert.False(Assert.IsType<IdempotentOutcome.Answered>(await sent[0]).Repeated);
        Assert.Equal(1, runs);
        foreach (var instance in instances)
            Assert.True(Assert.IsType<IdempotentOutcome.Answered>(await TryAsync(instance)).Repeated);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, true)]
    [InlineData(202, true)]
    [InlineData(204, true)]
    [InlineData(400, true)]
    [InlineData(404, true)]
    [InlineData(413, true)]
    [InlineData(422, true)]
    [InlineData(408, false)]
    [InlineData(409, false)]
    [InlineData(425, false)]
    [InlineData(429, false)]
    [InlineData(500, false)]
    [InlineData(502, false)]
    [InlineData(503, false)]
    public async Task Only_an_answer_that_decides_is_stored(int status, bool kept)
    {
        await SendAsync(answer: new StoredAnswer(status, null, default));
        Assert.Equal(2, await RowsAsync());
        Assert.Equal(kept, (await SendAsync()).Repeated);
    }

    [Fact]
    public async Task A_call_without_a_decision_can_be_tried_again_and_is_told_since_when_it_is_tried()
    {
        var first = scene.Clock.GetUtcNow();
        await Assert.ThrowsAsync<InvalidOperationException>(() => TryAsync(run: _ => throw new InvalidOperationException()));
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(request: Request("/other", "other")));
        scene.Clock.Advance(TimeSpan.FromHours(1));
        await SendAsync(answer: new StoredAnswer(503, null, default));
        scene.Clock.Advance(TimeSpan.FromHours(1));
        Assert.False((await SendAsync()).Repeated);
        Assert.True((await SendAsync()).Repeated);
        Assert.Equal([null, first, first], tries.Select(tried => tried.TriedSince));
        Assert.Single(tries.Select(tried => tried.CallId).Distinct());
    }

    [Fact]
    public async Task A_call_that_is_running_here_is_taken_over_by_elapsed_time_and_not_when_the_clock_is_set_forward()
    {
        var clock = new WrongClock(scene.Clock);
        var here = new IdempotentCalls(scene.Store, scene.Keys, clock);
        var answer = new TaskCompletionSource<StoredAnswer>();
        var begun = new TaskCompletionSource();
        var first = TryAsync(here, run: _ =>
        {
            begun.SetResult();
            return answer.Task;
        });
        await begun.Task;
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        clock.Error = TimeSpan.FromHours(2);
        Assert.Equal(new IdempotentOutcome.Running(IdempotentCalls.TakeoverTime - TimeSpan.FromMinutes(1)), await TryAsync(here));
        Assert.Equal(1, runs);

        // It does not end when it is cancelled, and does not block its key for ever.
        scene.Clock.Advance(IdempotentCalls.TakeoverTime - TimeSpan.FromMinutes(1));
        Assert.False(Assert.IsType<IdempotentOutcome.Answered>(await TryAsync(here, run: _ => Task.FromResult(Ok("second")))).Repeated);
        answer.SetResult(Ok("first"));
        await first;
        Assert.Equal("second", Encoding.UTF8.GetString(Assert.IsType<IdempotentOutcome.Answered>(await TryAsync(here)).Answer.Body.Span));
    }

    [Fact]
    public async Task A_call_that_was_begun_under_a_clock_ahead_is_taken_over_after_five_minutes()
    {
        var killed = new IdempotentCalls(scene.Store, scene.Keys, new WrongClock(scene.Clock) { Error = TimeSpan.FromHours(2) });
        var begun = new TaskCompletionSource();
        _ = TryAsync(killed, run: _ =>
        {
            begun.SetResult();
            return new TaskCompletionSource<StoredAnswer>().Task;
        });
        await begun.Task;

        var restarted = Instance(scene.OpenStore());
        Assert.Equal(new IdempotentOutcome.Running(IdempotentCalls.TakeoverTime), await TryAsync(restarted));
        scene.Clock.Advance(IdempotentCalls.TakeoverTime - TimeSpan.FromSeconds(1));
        Assert.Equal(new IdempotentOutcome.Running(TimeSpan.FromSeconds(1)), await TryAsync(restarted));
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Assert.IsType<IdempotentOutcome.Answered>(await TryAsync(restarted)).Repeated);
    }

    [Fact]
    public async Task A_call_whose_process_ended_is_taken_over_after_five_minutes()
    {
        var lost = new TaskCompletionSource<StoredAnswer>();
        var begun = new TaskCompletionSource();
        var ended = TryAsync(run: _ =>
        {
            begun.SetResult();
            return lost.Task;
        });
        await begun.Task;
        var restarted = Instance(scene.OpenStore());

        scene.Clock.Advance(IdempotentCalls.TakeoverTime - TimeSpan.FromSeconds(1));
        Assert.Equal(new IdempotentOutcome.Running(TimeSpan.FromSeconds(1)), await TryAsync(restarted));
        Assert.IsType<IdempotentOutcome.Mismatch>(await TryAsync(restarted, request: Request("/other", "")));
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = Assert.IsType<IdempotentOutcome.Answered>(await TryAsync(restarted, run: _ => Task.FromResult(Ok("second"))));
        Assert.False(second.Repeated);

        // It was still running after all. Its late answer replaces nothing, and its failure deletes nothing.
        lost.SetResult(Ok("first"));
        await ended;
        Assert.Equal("second", Encoding.UTF8.GetString((await SendAsync()).Answer.Body.Span));
        Assert.Equal(2, await RowsAsync());
    }

    [Fact]
    public async Task An_operation_is_cancelled_before_it_can_be_taken_over_and_not_when_its_client_disconnects()
    {
        using var client = new CancellationTokenSource();
        var begun = new TaskCompletionSource<CancellationToken>();
        var answer = new TaskCompletionSource<StoredAnswer>();
        var sent = TryAsync(
            run: cancellation =>
            {
                begun.SetResult(cancellation);
                return answer.Task;
            },
            cancellation: client.Token);
        var given = await begun.Task;
        await client.CancelAsync();
        scene.Clock.Advance(IdempotentCalls.OperationTimeout - TimeSpan.FromSeconds(1));
        Assert.False(given.IsCancellationRequested);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(given.IsCancellationRequested);
        Assert.True(IdempotentCalls.OperationTimeout < IdempotentCalls.TakeoverTime);
        answer.SetResult(Ok("1"));
        await sent;
    }

    [Fact]
    public async Task An_answer_is_stored_for_24_hours_and_not_a_tick_longer()
    {
        await SendAsync();
        scene.Clock.Advance(IdempotentCalls.AnswerLifetime - TimeSpan.FromTicks(1));
        Assert.True((await SendAsync()).Repeated);
        scene.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.False((await SendAsync(request: Request("/other", "other"))).Repeated);
        Assert.Equal(2, await RowsAsync());
        Assert.Equal(0, await calls.PurgeAsync(None));
    }

    [Fact]
    public async Task A_purge_deletes_what_has_expired_and_nothing_else()
    {
        for (var index = 0; index < 300; index++) await SendAsync(key: $"old-{index}");
        scene.Clock.Advance(TimeSpan.FromHours(1));
        await SendAsync(key: "young");
        scene.Clock.Advance(IdempotentCalls.AnswerLifetime - TimeSpan.FromHours(1));

        var purged = await Task.WhenAll(
            Task.Run(() => calls.PurgeAsync(None)), Task.Run(() => Instance(scene.OpenStore()).PurgeAsync(None)));
        Assert.Equal(300, purged.Sum() + await calls.PurgeAsync(None));
        Assert.Equal(2, await RowsAsync());
        Assert.True((await SendAsync(key: "young")).Repeated);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_of_the_version_before_is_answered_or_taken_over(bool isAnswered)
    {
        var place = IdempotentCallKey.Of(Service, Key);
        var now = scene.Clock.GetUtcNow();
        var call = new IdempotentCallRow(
            Request("/a?b=1", "body").Under(scene.Keys.Requests), now + IdempotentCalls.AnswerLifetime, now + IdempotentCalls.TakeoverTime, null, "", "");
        if (isAnswered) call = call.With(Ok("old"), place, scene.Keys.Data);
        var row = call.ToRow(place.RowKey);
        row = new TableRow(row.Key, null, [.. row.Properties.Where(property => property.Name is not ("Try" or "AnswerIn"))]);
        await scene.Store.CommitAsync(IdempotentCallKey.Table, place.Partition, [RowChange.Insert(row)], None);
        if (!isAnswered)
        {
            Assert.IsType<IdempotentOutcome.Running>(await TryAsync());
            scene.Clock.Advance(IdempotentCalls.TakeoverTime);
        }
        Assert.Equal(isAnswered, (await SendAsync()).Repeated);
    }

    [Fact]
    public async Task The_late_answer_of_a_try_that_was_taken_over_is_not_repeated()
    {
        var first = new TaskCompletionSource<IdempotentTry>();
        var lost = new TaskCompletionSource<StoredAnswer>();
        _ = calls.RunAsync(Service, Key, Request("/a?b=1", "body"), App, (tried, _) =>
        {
            first.SetResult(tried);
            return lost.Task;
        }, None);
        var attempt = await first.Task;
        scene.Clock.Advance(IdempotentCalls.TakeoverTime);
        Assert.False((await SendAsync(answer: Ok("second"))).Repeated);
        await CommitAsync(attempt.AnswerRow(Ok("first")));
        Assert.Equal("second", Encoding.UTF8.GetString((await SendAsync()).Answer.Body.Span));

        async Task CommitAsync(RowChange row) =>
            Assert.True((await scene.Store.CommitAsync(HexPartitions.ApplicationTable, HexPartitions.Of(App), [row], None)).Succeeded);
    }

    [Fact]
    public async Task The_answer_is_sent_even_if_it_cannot_be_stored()
    {
        var store = new AccessScene.FaultyStore(scene.Store);
        var instance = Instance(store);
        var sent = await TryAsync(instance, run: _ =>
        {
            store.Fails = true;
            return Task.FromResult(Ok("1"));
        });
        Assert.Equal("1", Encoding.UTF8.GetString(Assert.IsType<IdempotentOutcome.Answered>(sent).Answer.Body.Span));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => TryAsync(instance));
        Assert.Equal(1, runs);
        store.Fails = false;
        Assert.IsType<IdempotentOutcome.Running>(await TryAsync(instance));
    }

    [Fact]
    public async Task A_token_in_an_answer_appears_in_no_file_and_no_text()
    {
        var token = ApiToken.Generate().Reveal();
        const string Password = "correct horse battery staple";
        var answer = new StoredAnswer(201, "application/json", Encoding.UTF8.GetBytes(token), [new("X-Token", token)]);
        var outcome = await TryAsync(request: Request("/a", Password), run: _ => Task.FromResult(answer));

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(scene.StoreFile)!, "store.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var content = new MemoryStream();
            await stream.CopyToAsync(content);
            Assert.Equal(-1, content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)));
            Assert.Equal(-1, content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Password)));
        }
        Assert.DoesNotContain(token, $"{outcome}");
        Assert.DoesNotContain(token, $"{answer}");
    }

    /// <summary>
    /// Two keys, two bodies, every kind of answer, passing hours and purges, checked against a small model.
    /// </summary>
    [Fact]
    public async Task Any_sequence_of_calls_behaves_like_the_model()
    {
        var steps = Gen.Elements("send", "send", "send", "wait", "purge").SelectMany(
            kind => from key in Gen.Elements("a", "b")
                    from body in Gen.Elements("1", "1", "2")
                    from status in Gen.Elements(200, 201, 404, 409, 503)
                    from hours in Gen.Choose(1, 15)
                    select (kind, key, body, status, hours));
        var episode = 0;
        await Properties.CheckAsync(steps.ListOf(), async story =>
        {
            var caller = new Caller($"episode-{episode++}", []);
            var model = new Dictionary<string, (string Body, int Status, DateTimeOffset Until)>();
            foreach (var (kind, key, body, status, hours) in story)
            {
                if (kind == "wait") scene.Clock.Advance(TimeSpan.FromHours(hours));
                if (kind == "purge") await calls.PurgeAsync(None);
                if (kind != "send") continue;

                var now = scene.Clock.GetUtcNow();
                var known = model.TryGetValue(key, out var first) && first.Until > now;
                var outcome = await TryAsync(
                    caller: caller, key: key, request: Request("/", body),
                    run: _ => Task.FromResult(new StoredAnswer(status, null, default)));
                if (known && first.Body != body)
                {
                    Assert.IsType<IdempotentOutcome.Mismatch>(outcome);
                    continue;
                }
                var answered = Assert.IsType<IdempotentOutcome.Answered>(outcome);
                var decided = known && first.Status is not (409 or 503);
                Assert.Equal(decided, answered.Repeated);
                Assert.Equal(decided ? first.Status : status, answered.Answer.Status);
                if (!decided) model[key] = (body, status, known ? first.Until : now + IdempotentCalls.AnswerLifetime);
            }
        }, tests: 40);
    }

    private IdempotentCalls Instance(ITableStore store) => new(store, scene.Keys, scene.Clock);

    private static StoredAnswer Ok(string body) => new(200, "text/plain", Encoding.UTF8.GetBytes(body));

    private static RequestFingerprint Request(string path, params string[] parts) =>
        RequestFingerprint.Of("POST", path, [.. parts.Select(part => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(part))]);

    private async Task<IdempotentOutcome.Answered> SendAsync(
        Caller? caller = null, string key = "key-1", RequestFingerprint? request = null, StoredAnswer? answer = null) =>
        Assert.IsType<IdempotentOutcome.Answered>(
            await TryAsync(null, caller, key, request, _ => Task.FromResult(answer ?? Ok("1"))));

    private Task<IdempotentOutcome> TryAsync(
        IdempotentCalls? instance = null, Caller? caller = null, string? key = null,
        RequestFingerprint? request = null, Func<CancellationToken, Task<StoredAnswer>>? run = null,
        CancellationToken cancellation = default) =>
        (instance ?? calls).RunAsync(
            caller ?? Service, key is null ? Key : IdempotencyKey.TryParse(key)!, request ?? Request("/a?b=1", "body"), null,
            (tried, given) =>
            {
                tries.Add(tried);
                Interlocked.Increment(ref runs);
                return run is null ? Task.FromResult(Ok("1")) : run(given);
            },
            cancellation);

    private async Task<int> RowsAsync()
    {
        var rows = 0;
        foreach (var partition in HexPartitions.OfHashes)
            rows += (await scene.Store.ReadAsync(IdempotentCallKey.Table, partition, RowRange.All, 1000, None)).Count;
        return rows;
    }
}
