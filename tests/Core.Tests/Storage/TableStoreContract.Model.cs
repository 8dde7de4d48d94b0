using FsCheck;
using FsCheck.Fluent;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

public abstract partial class TableStoreContract
{
    // Few keys, so that commands collide, including prefixes, neighbours and the ends of the alphabet.
    private static readonly string[] ModelKeys = [" ", "a", "a ", "a!", "aa", "b", "b~", "~"];

    /// <summary>Which of a row's ETags, past or present, a change uses.</summary>
    public enum Asked
    {
        Any,
        Present,
        Earlier,
    }

    public sealed record Change(RowChangeKind Kind, string Row, Asked ETag, int Value);

    /// <summary>Commits the changes, if there are any, then reads the range.</summary>
    public sealed record Command(Change[] Changes, string? From, string? Before, int Most);

    [Fact]
    public void Any_sequence_of_commands_behaves_like_a_sorted_dictionary()
    {
        var change =
            from kind in Gen.Elements(RowChangeKind.Insert, RowChangeKind.Put, RowChangeKind.Replace, RowChangeKind.Delete)
            from row in Gen.Elements(ModelKeys)
            from etag in Gen.Frequency((3, Gen.Constant(Asked.Present)), (1, Gen.Constant(Asked.Earlier)), (1, Gen.Constant(Asked.Any)))
            from value in Gen.Choose(0, 9)
            select new Change(kind, row, etag, value);
        var bound = Gen.Elements([null, .. ModelKeys]);
        var command =
            from count in Gen.Frequency((4, Gen.Constant(1)), (2, Gen.Choose(2, 4)))
            from changes in change.ArrayOf(count)
            from rangeFrom in bound
            from rangeBefore in bound
            from most in Gen.Choose(1, 5)
            select new Command([.. changes.DistinctBy(made => made.Row)], rangeFrom, rangeBefore, most);

        // One sequence for each partition. The fixed seed makes every run the same.
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithReplay(20240515, 1),
            Prop.ForAll(command.ToArbitrary().Array(), (Command[] commands) => RunAsync(commands).GetAwaiter().GetResult()));
    }

    private async Task RunAsync(Command[] commands)
    {
        var partition = Guid.NewGuid().ToString("N");
        var model = new SortedDictionary<string, (string ETag, int Value)>(StringComparer.Ordinal);
        var earlier = ModelKeys.ToDictionary(key => key, _ => new List<string>());
        var seen = new HashSet<string>();
        foreach (var command in commands)
        {
            // A replace or an old ETag needs a row that existed before.
            var changes = command.Changes.Where(change => IsPossible(change, earlier)).ToArray();
            if (changes.Length > 0)
            {
                RowChange[] asked = [.. changes.Select(change => Make(change, ETagFor(change, model, earlier)))];
                var (failure, index) = Expect(asked, model);
                var result = await Store.CommitAsync(Table, partition, asked, None);
                Assert.Equal((failure, index), (result.Failure, result.FailedIndex));
                if (result.Succeeded) Apply(changes, result, model, earlier, seen);
            }
            await AssertReadsAsync(partition, command, model);
        }
    }

    private async Task AssertReadsAsync(
        string partition, Command command, SortedDictionary<string, (string ETag, int Value)> model)
    {
        var range = await Store.ReadAsync(Table, partition, new RowRange(command.From, command.Before), command.Most, None);
        var expected = model.Where(row => (command.From is null || string.CompareOrdinal(row.Key, command.From) >= 0)
            && (command.Before is null || string.CompareOrdinal(row.Key, command.Before) < 0)).Take(command.Most);
        Assert.Equal(expected.Select(row => Shown(row.Key, model)), range.Select(Shown));

        var many = await Store.GetManyAsync(Table, partition, ModelKeys, None);
        foreach (var (key, row) in ModelKeys.Zip(many))
        {
            var one = await Store.GetAsync(Table, partition, key, None);
            Assert.Equal(Shown(key, model), Shown(row));
            Assert.Equal(Shown(key, model), Shown(one));
        }
    }

    private static (string, string?, long)? Shown(TableRow? row) => row is null ? null : (row.Key, row.ETag, Value(row));

    private static (string, string?, long)? Shown(string key, SortedDictionary<string, (string ETag, int Value)> model) =>
        model.TryGetValue(key, out var row) ? (key, row.ETag, row.Value) : null;

    private static bool IsPossible(Change change, Dictionary<string, List<string>> earlier) =>
        change.Kind is RowChangeKind.Insert or RowChangeKind.Put
        || (change.Kind == RowChangeKind.Delete && change.ETag == Asked.Any)
        || earlier[change.Row].Count > 0;

    private static string? ETagFor(
        Change change, SortedDictionary<string, (string ETag, int Value)> model, Dictionary<string, List<string>> earlier) =>
        change.ETag == Asked.Any && change.Kind == RowChangeKind.Delete ? null
        : change.ETag != Asked.Earlier && model.TryGetValue(change.Row, out var row) ? row.ETag
        : earlier[change.Row].FirstOrDefault();

    private static RowChange Make(Change change, string? etag) => change.Kind switch
    {
        RowChangeKind.Insert => RowChange.Insert(Row(change.Row, change.Value)),
        RowChangeKind.Put => RowChange.Put(Row(change.Row, change.Value)),
        RowChangeKind.Replace => RowChange.Replace(Row(change.Row, change.Value), etag!),
        _ => RowChange.Delete(change.Row, etag),
    };

    private static (CommitFailure Failure, int Index) Expect(
        RowChange[] changes, SortedDictionary<string, (string ETag, int Value)> model)
    {
        for (var index = 0; index < changes.Length; index++)
        {
            var change = changes[index];
            var isThere = model.TryGetValue(change.Row.Key, out var row);
            var failure = change.Kind switch
            {
                RowChangeKind.Insert => isThere ? CommitFailure.AlreadyExists : CommitFailure.None,
                RowChangeKind.Put => CommitFailure.None,
                _ when !isThere => CommitFailure.Missing,
                _ => change.IfMatch is null || change.IfMatch == row.ETag ? CommitFailure.None : CommitFailure.Changed,
            };
            if (failure != CommitFailure.None) return (failure, index);
        }
        return (CommitFailure.None, -1);
    }

    private static void Apply(
        Change[] changes, CommitResult result, SortedDictionary<string, (string ETag, int Value)> model,
        Dictionary<string, List<string>> earlier, HashSet<string> seen)
    {
        for (var index = 0; index < changes.Length; index++)
        {
            var (key, etag) = (changes[index].Row, result.ETags[index]);
            if (changes[index].Kind == RowChangeKind.Delete)
            {
                Assert.Null(etag);
                model.Remove(key);
                continue;
            }
            // Rows of one commit may share an ETag, but a row never has the same one twice.
            Assert.True(seen.Add($"{key}: {etag}"), "An ETag came twice.");
            earlier[key].Add(etag!);
            model[key] = (etag!, changes[index].Value);
        }
    }
}
