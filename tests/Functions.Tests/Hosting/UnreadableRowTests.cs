using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>A damaged row costs that row.</summary>
public abstract class UnreadableRowTests(Head head)
{
    [Theory]
    [InlineData("tokens")]
    [InlineData("row")]
    [InlineData("bytes")]
    public async Task One_unreadable_application_costs_itself_only(string damage)
    {
        using var folder = new TemporaryFolder();
        await using var gatehouse = await head.StartAsync(folder);
        var ids = new List<string>();
        for (var count = 0; count < 4; count++) ids.Add((await gatehouse.Api.CreateApplicationAsync($"a{count}")).Id);
        (await gatehouse.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        var store = gatehouse.Services.GetRequiredService<ITableStore>();
        var (partition, key) = (ids[1][..1], $"a:{ids[1]}");
        var row = (await store.GetAsync("Applications", partition, key, default))!;
        var tokens = row.GetBinary("Tokens");
        tokens[^1] ^= 1;
        await store.CommitAsync("Applications", partition, [RowChange.Put(damage == "row" ? new TableRow(key) : new TableRow(
            key, ("Name", row.GetString("Name")), ("CreatedAt", row.GetDateTimeOffset("CreatedAt")), ("Tokens", tokens), ("PushConfigurations", 0L)))], default);
        if (damage == "bytes") StoredBytes.Damage(folder["gatehouse.db"], "Applications", key);
        await store.CommitAsync("Custody", ids[2][..1], [RowChange.Put(new TableRow($"a:{ids[2]}", ("Name", "a2")))], default);

        // Page by page, so that a skipped row does not end the list.
        var listed = new List<string>();
        for (var token = ""; listed.Count < 9;)
        {
            var page = (await gatehouse.Api.GetAsync($"/v3/applications?limit=1&token={token}", gatehouse.Api.Organization)).Ok();
            listed.AddRange(page.GetProperty("applications").EnumerateArray().Select(one => one.GetProperty("app_id").GetString()!));
            if ((token = page.GetProperty("next").GetString()!).Length == 0) break;
        }
        Assert.Equal(ids.Where(id => id != ids[1]).Order(StringComparer.Ordinal), listed);

        var adopted = (await gatehouse.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Contains(ids[2], adopted.GetProperty("failures").GetRawText(), StringComparison.Ordinal);
        Assert.Contains(ids[1], adopted.GetProperty("failures").GetRawText(), StringComparison.Ordinal);
        Assert.Empty(adopted.GetProperty("removed").EnumerateArray());
        var held = (await gatehouse.Api.GetAsync("/ops/v1/applications?limit=100", Credential.Ops)).Ok().GetProperty("applications");
        Assert.DoesNotContain(held.EnumerateArray(), one => one.GetProperty("app_id").GetString() == ids[2]);
        Assert.Contains(held.EnumerateArray(), one => one.GetProperty("app_id").GetString() == ids[3]);
    }
}

/// <summary>On the server.</summary>
public sealed class UnreadableRowOnServerTests() : UnreadableRowTests(Head.Server);

/// <summary>Under the Functions host.</summary>
public sealed class UnreadableRowOnFunctionsHostTests() : UnreadableRowTests(Head.FunctionsHost);
