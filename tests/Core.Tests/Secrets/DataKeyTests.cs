using System.Text;
using Gatehouse.Secrets;

namespace Gatehouse.Tests.Secrets;

public sealed class DataKeyTests
{
    private readonly DataKey key = new(DataKey.Generate());

    [Fact]
    public async Task Many_threads_use_a_key_at_once()
    {
        await Parallel.ForAsync(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (index, _) =>
        {
            await Task.Yield();
            for (var round = 0; round < 200; round++)
            {
                var text = $"{index} {round}";
                Assert.Equal(text, Encoding.UTF8.GetString(key.Open(key.Seal(Encoding.UTF8.GetBytes(text), text), text)));
            }
        });
    }

    [Fact]
    public void A_value_that_was_moved_or_damaged_is_refused_and_the_next_one_is_opened()
    {
        var value = key.Seal("value"u8, "here");
        var damaged = value.ToArray();
        damaged[^1] ^= 1;
        for (var round = 0; round < 3; round++)
        {
            Assert.Throws<VaultException>(() => key.Open(value, "there"));
            Assert.Throws<VaultException>(() => key.Open(damaged, "here"));
            Assert.Equal("value"u8.ToArray(), key.Open(value, "here"));
        }
    }
}
