using System.Globalization;
using System.Text;
using Gatehouse.Usage;

namespace Gatehouse.Bench.InProcess;

/// <summary>Requests with message events, as a chat server sends them.</summary>
internal static class Messages
{
    private const int Users = 100_000;
    private const int Channels = 1000;

    /// <summary>The messages of a request. No two requests with different numbers share a message.</summary>
    public static IReadOnlyList<UsageEvent> Of(int request, int size, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var text = new StringBuilder("{\"events\":[");
        for (var index = 0; index < size; index++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{{(index == 0 ? "" : ",")}}{"type":"message","message_id":"m{{request}}-{{index}}","user_id":"user{{(request * 31L + index) % Users}}","channel_url":"channel{{index % Channels}}","sent_at":{{now.ToUnixTimeMilliseconds()}}}""");
        }
        return UsageEventReader.Read(Encoding.UTF8.GetBytes(text.Append("]}").ToString()), now);
    }
}
