using System.Security.Cryptography;

namespace Gatehouse.Usage;

/// <summary>
/// Counts the messages of a user, and those of a channel, in each second of <c>sent_at</c>, against the limits (contract,
/// "Default settings"). A message that has a place in a window keeps it: sent again, it neither takes a second one nor is
/// refused.
/// </summary>
/// <remarks>
/// <para>Windows are this instance's own: n instances that share an application's messages allow up to n times the limits.
/// That a message counts once holds for all of them together, because the store decides it.</para>
/// <para>Memory: places are kept in two generations of <see cref="PlacesPerGeneration"/>; when the young one is full, the
/// old one is forgotten. A place takes at most <see cref="BytesPerPlace"/> bytes, and all of them are allocated at the
/// start: <see cref="MostBytes"/>, 27 MB, whatever is sent. At 10,000 messages a second a place is remembered for 13
/// seconds at least.</para>
/// </remarks>
internal sealed class FloodWindows
{
    /// <summary>How many places a generation has. A message takes one in its user's window and one in its channel's.</summary>
    public const int PlacesPerGeneration = 262_144;

    /// <summary>An entry of a set of 64-bit numbers (20) and one of a dictionary from those to 32-bit numbers (28).</summary>
    public const int BytesPerPlace = 48;

    /// <summary>The most memory, in bytes. .NET's tables are up to a sixteenth larger than they are asked to be.</summary>
    public const int MostBytes = 2 * PlacesPerGeneration * BytesPerPlace / 16 * 17;

    private readonly Lock gate = new();
    private readonly Hash hash = Hash.Random();
    private Generation young = new();
    private Generation old = new();

    private enum Sides : ulong
    {
        User = 1,
        Channel = 2,
    }

    /// <summary>How many places are remembered.</summary>
    public int Places
    {
        get
        {
            lock (gate) return young.Places.Count + old.Places.Count;
        }
    }

    /// <summary>
    /// Decides on the messages of a request, in its order: those over their users' limit get that outcome, those over their
    /// channels' limit are added to <paramref name="hidden"/>.
    /// </summary>
    public void Judge(
        ApplicationId application, IReadOnlyList<UsageEvent> events, MessageLimits limits, EventOutcome[] outcomes,
        List<int> hidden)
    {
        var scope = hash.Of(application);
        lock (gate)
        {
            for (var index = 0; index < events.Count; index++)
            {
                var one = events[index];
                if (one.Kind != UsageEventKind.Message) continue;
                var second = (ulong)one.At.ToUnixTimeSeconds();
                var message = (ulong)one.Message;
                if (!Admit(hash.Of(scope, Sides.User, one.User, second), message, limits.UserMessagesPerSecond))
                    outcomes[index] = EventOutcome.OverUserLimit;
                else if (!Admit(hash.Of(scope, Sides.Channel, one.Channel, second), message, limits.ChannelMessagesPerSecond))
                    hidden.Add(index);
            }
        }
    }

    private bool Admit(ulong window, ulong message, int limit)
    {
        if (limit == 0) return true;
        var place = hash.Of(window, message);
        if (young.Places.Contains(place) || old.Places.Contains(place)) return true;
        if (young.Taken.GetValueOrDefault(window) + old.Taken.GetValueOrDefault(window) >= limit) return false;
        if (young.Places.Count == PlacesPerGeneration)
        {
            (young, old) = (old, young);
            young.Clear();
        }
        young.Places.Add(place);
        young.Taken[window] = young.Taken.GetValueOrDefault(window) + 1;
        return true;
    }

    /// <summary>The places of a while: which message has one, and how many of each window are taken.</summary>
    private sealed class Generation
    {
        public HashSet<ulong> Places { get; } = new(PlacesPerGeneration);

        public Dictionary<ulong, int> Taken { get; } = new(PlacesPerGeneration);

        public void Clear()
        {
            Places.Clear();
            Taken.Clear();
        }
    }

    /// <summary>
    /// A 64-bit hash under a key of this process' own (multiply and fold), so that nobody outside can make windows meet.
    /// </summary>
    private readonly record struct Hash(ulong First, ulong Second, ulong Third)
    {
        public static Hash Random() => new(RandomOdd(), RandomOdd(), RandomOdd());

        public ulong Of(ApplicationId application)
        {
            Span<byte> id = stackalloc byte[16];
            Guid.Parse(application.ToString()).TryWriteBytes(id);
            return Of(BitConverter.ToUInt64(id), BitConverter.ToUInt64(id[8..]));
        }

        public ulong Of(ulong scope, Sides side, ulong id, ulong second) => Of(Of(scope ^ (ulong)side, id), second);

        public ulong Of(ulong one, ulong other) => Fold(Fold(one ^ First, other ^ Second) ^ other, Third);

        private static ulong Fold(ulong one, ulong other)
        {
            var high = Math.BigMul(one, other, out var low);
            return high ^ low;
        }

        private static ulong RandomOdd() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
    }
}
