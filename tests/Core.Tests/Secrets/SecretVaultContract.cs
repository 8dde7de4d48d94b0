using FsCheck;
using FsCheck.Fluent;
using Gatehouse.Secrets;

namespace Gatehouse.Tests.Secrets;

/// <summary>What every <see cref="ISecretVault"/> must do. The tests of a vault derive from it and open the vault.</summary>
public abstract class SecretVaultContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The vault under test.</summary>
    protected ISecretVault Vault { get; private set; } = null!;

    /// <summary>A name that no other test uses.</summary>
    protected string Name { get; } = $"name-{Guid.NewGuid():N}";

    public virtual async Task InitializeAsync() => Vault = await OpenAsync();

    public abstract Task DisposeAsync();

    /// <summary>Opens the same vault again, as another instance would. <see cref="DisposeAsync"/> closes it.</summary>
    protected abstract Task<ISecretVault> OpenAsync();

    protected async Task<string?> Value() => (await Vault.GetAsync(Name, None))?.Reveal();

    protected async Task<Secret> Set(string value) => await Vault.SetAsync(Name, value, None);

    protected async Task<Secret> GetOrAdd(string value) => await Vault.GetOrAddAsync(Name, value, None);

    protected async Task Delete() => await Vault.DeleteAsync(Name, None);

    [Fact]
    public async Task Getting_an_unknown_name_returns_null()
    {
        Assert.Null(await Vault.GetAsync(Name, None));
    }

    [Fact]
    public async Task A_secret_is_returned_with_its_version()
    {
        var set = await Set("one");
        var got = (await Vault.GetAsync(Name, None))!;

        Assert.Equal((Name, "one"), (set.Name, set.Reveal()));
        Assert.Equal((Name, set.Version, "one"), (got.Name, got.Version, got.Reveal()));
    }

    [Fact]
    public async Task The_newest_version_is_returned()
    {
        var first = await Set("one");
        var second = await Set("two");

        Assert.NotEqual(first.Version, second.Version);
        var got = (await Vault.GetAsync(Name, None))!;
        Assert.Equal((second.Version, "two"), (got.Version, got.Reveal()));
    }

    [Fact]
    public async Task GetOrAdd_creates_a_missing_secret_once()
    {
        var made = await GetOrAdd("one");
        var again = await GetOrAdd("two");

        Assert.Equal("one", made.Reveal());
        Assert.Equal((made.Version, "one"), (again.Version, again.Reveal()));
        Assert.Equal("one", await Value());
    }

    [Fact]
    public async Task GetOrAdd_returns_a_secret_that_was_set()
    {
        await Set("one");
        await Set("two");

        Assert.Equal("two", (await GetOrAdd("three")).Reveal());
        Assert.Equal("two", await Value());
    }

    [Fact]
    public async Task A_secret_that_GetOrAdd_created_can_be_set()
    {
        await GetOrAdd("one");
        await Set("two");

        Assert.Equal("two", await Value());
        Assert.Equal("two", (await GetOrAdd("three")).Reveal());
    }

    [Fact]
    public async Task Concurrent_calls_of_GetOrAdd_return_the_same_secret()
    {
        const int Instances = 8;
        var vaults = new List<ISecretVault>();
        for (var index = 0; index < Instances; index++) vaults.Add(await OpenAsync());

        var answers = await Task.WhenAll(vaults.Select(
            (vault, index) => Task.Run(async () => await vault.GetOrAddAsync(Name, $"value {index}", None))));

        var (version, value) = Assert.Single(answers.Select(answer => (answer.Version, answer.Reveal())).Distinct());
        foreach (var vault in vaults)
        {
            var got = (await vault.GetAsync(Name, None))!;
            Assert.Equal((version, value), (got.Version, got.Reveal()));
        }
        Assert.Equal(value, (await GetOrAdd("late")).Reveal());
    }

    [Fact]
    public async Task Concurrent_sets_each_leave_a_version()
    {
        var others = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync(), await OpenAsync() };

        var set = await Task.WhenAll(others.Select(
            (vault, index) => Task.Run(async () => await vault.SetAsync(Name, $"value {index}", None))));

        Assert.Equal(others.Length, set.Select(secret => secret.Version).Distinct().Count());
        var got = (await Vault.GetAsync(Name, None))!;
        Assert.Equal(got.Reveal(), Assert.Single(set, secret => secret.Version == got.Version).Reveal());
    }

    [Fact]
    public async Task A_secret_that_another_instance_set_is_read_at_once()
    {
        await Set("one");
        await (await OpenAsync()).SetAsync(Name, "two", None);
        Assert.Equal("two", await Value());
    }

    [Fact]
    public async Task Deleting_a_secret_removes_all_its_versions()
    {
        await Set("one");
        await Set("two");

        await Delete();

        Assert.Null(await Value());
    }

    [Fact]
    public async Task Deleting_an_unknown_secret_does_nothing()
    {
        await Delete();
        await Set("one");
        await Delete();
        await Delete();
        Assert.Null(await Value());
    }

    [Fact]
    public async Task A_deleted_name_can_be_set_again()
    {
        await Set("one");
        await Delete();

        var set = await Set("two");

        Assert.Equal("two", set.Reveal());
        Assert.Equal("two", await Value());
        Assert.Equal("two", (await GetOrAdd("three")).Reveal());
    }

    [Fact]
    public async Task GetOrAdd_creates_a_deleted_secret_again()
    {
        await GetOrAdd("one");
        await Delete();

        Assert.Equal("two", (await GetOrAdd("two")).Reveal());
        Assert.Equal("two", await Value());
        await Delete();
        Assert.Null(await Value());
    }

    [Fact]
    public async Task Concurrent_deletes_all_succeed()
    {
        await Set("one");
        var others = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };

        await Task.WhenAll(others.Select(vault => Task.Run(async () => await vault.DeleteAsync(Name, None))));

        Assert.Null(await Value());
    }

    [Fact]
    public async Task Names_are_case_insensitive()
    {
        await Vault.SetAsync(Name.ToUpperInvariant(), "one", None);

        var got = (await Vault.GetAsync(Name, None))!;
        Assert.Equal((Name, "one"), (got.Name, got.Reveal()));
        Assert.Equal("one", (await GetOrAdd("two")).Reveal());
        await Delete();
        Assert.Null(await Vault.GetAsync(Name.ToUpperInvariant(), None));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("-")]
    [InlineData("master-token-0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B")]
    public async Task Letters_digits_and_hyphens_are_valid_in_a_name(string name)
    {
        await Vault.SetAsync(name, "one", None);
        Assert.Equal("one", (await Vault.GetAsync(name, None))!.Reveal());
    }

    [Fact]
    public async Task A_name_has_up_to_127_characters()
    {
        var name = Name.PadRight(SecretLimits.NameLength, 'x');
        await Vault.SetAsync(name, "one", None);
        Assert.Equal("one", (await Vault.GetAsync(name, None))!.Reveal());
        await AssertRefused(name + "x");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a_b")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a.b")]
    [InlineData("ä")]
    public async Task Any_other_name_is_refused(string name) => await AssertRefused(name);

    [Fact]
    public async Task A_value_has_up_to_25000_bytes_of_UTF_8()
    {
        var largest = new string('ü', SecretLimits.ValueSize / 2);
        await Set(largest);
        Assert.Equal(largest, await Value());

        foreach (var refused in new[] { largest + "s", "" })
        {
            var set = await Assert.ThrowsAsync<ArgumentException>(() => Set(refused));
            var made = await Assert.ThrowsAsync<ArgumentException>(() => GetOrAdd(refused));
            Assert.DoesNotContain("ü", set.ToString() + made);
        }
        Assert.Equal(largest, await Value());
    }

    [Fact]
    public async Task Any_characters_are_stored_unchanged()
    {
        var values = from text in ArbMap.Default.GeneratorFor<NonEmptyString>() select text.Get;
        await Properties.CheckAsync(
            values.Where(text => !text.Any(char.IsSurrogate)),
            async text =>
            {
                var name = $"any-{Guid.NewGuid():N}";
                await Vault.SetAsync(name, text, None);
                Assert.Equal(text, (await Vault.GetAsync(name, None))!.Reveal());
            },
            tests: 40);
    }

    [Fact]
    public async Task Any_sequence_of_calls_behaves_like_a_dictionary()
    {
        var calls = Gen.Choose(0, 3).ArrayOf().Where(calls => calls.Length <= 12);
        await Properties.CheckAsync(
            calls,
            async calls =>
            {
                var name = $"sequence-{Guid.NewGuid():N}";
                string? model = null;
                foreach (var (position, call) in calls.Index())
                {
                    var value = $"value {position}";
                    if (call == 0) model = (await Vault.SetAsync(name, value, None)).Reveal();
                    else if (call == 1) Assert.Equal(model ??= value, (await Vault.GetOrAddAsync(name, value, None)).Reveal());
                    else if (call == 2) await Vault.DeleteAsync(name, None);
                    if (call == 2) model = null;
                    Assert.Equal(model, (await Vault.GetAsync(name, None))?.Reveal());
                }
            },
            tests: 25);
    }

    [Fact]
    public async Task ToString_does_not_show_the_value()
    {
        Assert.DoesNotContain("correct horse", (await Set("correct horse")).ToString());
    }

    private async Task AssertRefused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Vault.GetAsync(name, None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Vault.SetAsync(name, "one", None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Vault.GetOrAddAsync(name, "one", None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Vault.DeleteAsync(name, None));
    }
}
