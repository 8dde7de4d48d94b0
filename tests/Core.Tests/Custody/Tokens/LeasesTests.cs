using System.Globalization;
using Gatehouse.Common;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Storage;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.Tokens;

public sealed class LeasesTests : IAsyncLifetime
{
    private CustodyScene scene = null!;
    private CustodyInstance instance = null!;
    private AppId id;

    private Leases Leases => instance.Leases;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
        id = (await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_token_for_the_response_is_not_in_the_vault()
    {
        var granted = await IssueAsync("label", TokenDelivery.Response, expiresIn: TimeSpan.FromHours(1));
        Assert.Equal(granted.Token!.Fingerprint, granted.TokenId);
        Assert.Equal((null, scene.Clock.GetUtcNow() + TimeSpan.FromHours(1)), (granted.SecretName, granted.ExpiresAt!.Value));
        Assert.True(await scene.WorksAsync(id, granted.Token));
        Assert.Null(await scene.DeliveredAsync(id, "label"));
    }

    [Fact]
    public async Task A_token_for_the_vault_is_not_in_the_response()
    {
        var granted = await IssueAsync("label", TokenDelivery.Vault);
        Assert.Equal((null, $"token-{id}-label"), (granted.Token, granted.SecretName));
        var delivered = await scene.DeliveredAsync(id, "label");
        Assert.Equal(granted.TokenId, delivered!.Fingerprint);
        Assert.True(await scene.WorksAsync(id, delivered));
    }

    [Fact]
    public async Task A_replaced_token_is_listed_with_the_end_of_its_lease_if_that_is_before_the_end_of_its_overlap()
    {
        var granted = await IssueAsync("label", TokenDelivery.Response, expiresIn: TimeSpan.FromHours(1));
        var told = await Leases.PreviewRotationAsync(id, granted.TokenId, TimeSpan.FromDays(1), new TokenCaller("caller", ManagesOthers: true), None);
        Assert.Contains(Rfc3339.Text(granted.ExpiresAt!.Value), told[^1].Detail, StringComparison.Ordinal);
        await Leases.RotateAsync(id, granted.TokenId, TimeSpan.FromDays(1), new TokenCaller("caller", ManagesOthers: true), None);
        Assert.All((await Leases.ListAsync(id, None)).Tokens, token => Assert.Equal(granted.ExpiresAt, token.ExpiresAt));
    }

    [Fact]
    public async Task The_list_shows_leases_and_unmanaged_tokens_and_no_token()
    {
        var granted = await IssueAsync("label", TokenDelivery.Response, expiresIn: TimeSpan.FromHours(1));
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        var stranger = await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None);

        var list = await Leases.ListAsync(id, None);
        Assert.Equal((2, 10), (list.SlotsUsed, list.Slots));
        Assert.Equal(
            [
                new ListedToken(stranger.Token.Fingerprint, TokenState.Unmanaged, Mask(stranger.Token), stranger.CreatedAt),
                new ListedToken(
                    granted.TokenId, TokenState.Active, Mask(granted.Token!), granted.IssuedAt, "label", "owner",
                    TokenDelivery.Response, granted.ExpiresAt),
            ],
            list.Tokens);
        Assert.DoesNotContain(granted.Token!.Reveal(), list.Tokens[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_was_revoked_outside_Gatehouse_is_listed_as_missing_and_can_be_replaced()
    {
        var granted = await IssueAsync("label", TokenDelivery.Vault);
        await scene.Direct.RevokeTokenAsync(await scene.MasterAsync(id), (await scene.DeliveredAsync(id, "label"))!, None);
        Assert.Equal(TokenState.Missing, Assert.Single((await Leases.ListAsync(id, None)).Tokens).State);

        await Leases.RotateAsync(id, granted.TokenId, TimeSpan.Zero, Owner, None);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task The_store_contains_no_part_of_a_token()
    {
        var granted = await IssueAsync("label", TokenDelivery.Response);
        var rows = await scene.Store.ReadAsync("Custody", id.ToString()[..1], RowRange.All, 10, None);
        var text = string.Concat(rows.SelectMany(row => row.Properties).Select(property => Convert.ToString(property.Value, CultureInfo.InvariantCulture)));
        Assert.Contains(Convert.ToHexStringLower(granted.Token!.Hash), text, StringComparison.Ordinal);
        foreach (var token in new[] { granted.Token, (await scene.MasterAsync(id)).Token })
        {
            Assert.DoesNotContain(token.Reveal()[..8], text, StringComparison.Ordinal);
            Assert.DoesNotContain(token.Reveal()[^8..], text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("under_score")]
    [InlineData("-first")]
    [InlineData("last-")]
    [InlineData("ümlaut")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task Labels_that_do_not_fit_a_secret_name_are_refused(string label) =>
        Assert.Equal(CustodyFault.Invalid, await FaultAsync(() => IssueAsync(label, TokenDelivery.Vault)));

    [Fact]
    public async Task The_longest_label_is_accepted()
    {
        var granted = await IssueAsync(new string('a', LeaseRequest.LabelLength), TokenDelivery.Vault);
        Assert.InRange(granted.SecretName!.Length, 1, 127);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(-1, null)]
    [InlineData(400_000_000, null)]
    [InlineData(null, 59)]
    [InlineData(null, 400_000_000)]
    public async Task Times_out_of_range_are_refused(int? expiresIn, int? rotateEvery) =>
        Assert.Equal(CustodyFault.Invalid, await FaultAsync(() => IssueAsync(
            "label", TokenDelivery.Vault,
            expiresIn is { } expiry ? TimeSpan.FromSeconds(expiry) : null, rotateEvery is { } every ? TimeSpan.FromSeconds(every) : null)));

    [Fact]
    public async Task A_token_for_the_response_cannot_be_rotated_by_the_timer() =>
        Assert.Equal(
            CustodyFault.Invalid, await FaultAsync(() => IssueAsync("label", TokenDelivery.Response, rotateEvery: TimeSpan.FromHours(1))));

    [Fact]
    public async Task A_label_names_one_lease_until_it_is_revoked()
    {
        var granted = await IssueAsync("label", TokenDelivery.Vault);
        Assert.Equal(CustodyFault.LabelTaken, await FaultAsync(() => IssueAsync("label", TokenDelivery.Response)));
        await Leases.RevokeAsync(id, granted.TokenId, None);
        await IssueAsync("label", TokenDelivery.Response);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task The_last_slot_is_reserved_for_rotation()
    {
        // One of them was issued outside Gatehouse.
        await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None);
        GrantedToken granted = null!;
        for (var count = 0; count < 8; count++) granted = await IssueAsync($"label-{count}", TokenDelivery.Vault);
        Assert.Equal(CustodyFault.NoFreeSlot, await FaultAsync(() => IssueAsync("last", TokenDelivery.Vault)));

        var rotated = await Leases.RotateAsync(id, granted.TokenId, TimeSpan.FromHours(1), Owner, None);
        Assert.Equal(10, (await Leases.ListAsync(id, None)).SlotsUsed);
        Assert.Equal(
            CustodyFault.NoFreeSlot, await FaultAsync(() => Leases.RotateAsync(id, rotated.TokenId, TimeSpan.FromHours(1), Owner, None)));
    }

    [Fact]
    public async Task A_revoked_token_is_refused_at_once_and_leaves_the_vault()
    {
        var granted = await IssueAsync("label", TokenDelivery.Vault);
        var token = (await scene.DeliveredAsync(id, "label"))!;
        await Leases.RevokeAsync(id, granted.TokenId, None);
        Assert.False(await scene.WorksAsync(id, token));
        Assert.Null(await scene.DeliveredAsync(id, "label"));
        Assert.Empty((await Leases.ListAsync(id, None)).Tokens);
        Assert.Equal(CustodyFault.TokenNotFound, await FaultAsync(() => Leases.RevokeAsync(id, granted.TokenId, None)));
    }

    [Fact]
    public async Task A_token_without_a_lease_is_revoked_by_its_id()
    {
        var stranger = await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None);
        var granted = await IssueAsync("label", TokenDelivery.Response);
        await Leases.RevokeAsync(id, stranger.Token.Fingerprint, None);
        Assert.False(await scene.WorksAsync(id, stranger.Token));
        Assert.True(await scene.WorksAsync(id, granted.Token!));
    }

    [Fact]
    public async Task A_token_expires_and_its_lease_with_it()
    {
        var granted = await IssueAsync("label", TokenDelivery.Response, expiresIn: TimeSpan.FromHours(1));
        scene.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Equal(0, (await Leases.RunAsync(None)).Revoked);
        Assert.True(await scene.WorksAsync(id, granted.Token!));

        scene.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, (await Leases.RunAsync(None)).Revoked);
        Assert.False(await scene.WorksAsync(id, granted.Token!));
        Assert.Equal(CustodyEventKind.TokenExpired, Assert.Single(scene.Announced.Values).Kind);
        Assert.Equal(0, (await Leases.RunAsync(None)).Revoked);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task An_application_outside_custody_has_no_leases()
    {
        var other = AppId.Generate();
        var request = new LeaseRequest("label", "owner", TokenDelivery.Response);
        Func<Task>[] operations =
        [
            () => Leases.IssueAsync(other, request, None), () => Leases.ListAsync(other, None),
            () => Leases.RevokeAsync(other, "0123456789abcdef", None),
            () => Leases.RotateAsync(other, "0123456789abcdef", TimeSpan.Zero, Owner, None),
        ];
        foreach (var operation in operations) Assert.Equal(CustodyFault.ApplicationNotFound, await FaultAsync(operation));
    }

    [Fact]
    public async Task The_timer_calls_neither_platform_nor_vault_if_nothing_is_due()
    {
        await IssueAsync("label", TokenDelivery.Vault, TimeSpan.FromHours(1));
        var (calls, gets) = (scene.Platform.Calls.Count, scene.Vault.Gets);
        await Leases.RunAsync(None);
        Assert.Equal((calls, gets), (scene.Platform.Calls.Count, scene.Vault.Gets));
    }

    [Fact]
    public async Task The_timer_revokes_only_managed_tokens()
    {
        var stranger = await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None);
        await IssueAsync("label", TokenDelivery.Vault, expiresIn: TimeSpan.FromHours(1));
        for (var day = 0; day < 3; day++)
        {
            scene.Clock.Advance(TimeSpan.FromDays(1));
            await scene.Start().RunTimersAsync();
        }
        await scene.AssertReconciledAsync(stranger.Token);
        Assert.True(await scene.WorksAsync(id, stranger.Token));
    }

    private Task<GrantedToken> IssueAsync(
        string label, TokenDelivery delivery, TimeSpan? expiresIn = null, TimeSpan? rotateEvery = null) =>
        Leases.IssueAsync(id, new LeaseRequest(label, "owner", delivery, expiresIn, rotateEvery), None);

    private static string Mask(ApiToken token) => $"{token.Reveal()[..4]}...{token.Reveal()[^4..]}";

    private static async Task<CustodyFault> FaultAsync(Func<Task> work) => (await Assert.ThrowsAsync<CustodyException>(work)).Fault;
}
