using System.Security.Cryptography;

namespace Gatehouse.Usage;

/// <summary>
/// Counts the messages of a user, and those of a channel, in each second of <c>sent_at</c>, against the limits (contract,
/// "Default settings"). A message that has a entry in a window keeps it: sent again, it neither takes a second one nor is
/// refused.
/// </summary>
/// <remarks>
/// <para>Windows are this instance's own: n instances that share an application's messages allow up to n times the limits.
/// That a message counts once holds for all of them together, because the store decides it.</para>
/// <para>Memory: entries are kept in two generations of <see cref="EntriesPerGeneration"/>; when the young one is full, the
/// old one is forgotten. A entry takes at most <see cref="BytesPerEntry"/> bytes, and all of them are allocated at the
/// start: <see cref="MostBytes"/>, 27 MB, whatever is sent. At 10,000 messages a second a entry is remembered for 13
/// seconds at least.</para>
/// </remarks>
internal sealed class MessageRateLimiter
{
    /// <summary>How many entries a generation has. A message takes one in its user's window and one in its channel's.</summary>
    public const int EntriesPerGeneration = 262_144;

    /// <summary>An entry of a set of 64-bit numbers (20) and one of a dictionary from those to 32-bit numbers (28).</summary>
    public const int BytesPerEntry = 48;

    /// <summary>The most memory, in bytes. .NET's tables are up to a sixteenth larger than they are asked to be.</summary>
    public const int MostBytes = 2 * EntriesPerGeneration * BytesPerEntry / 16 * 17;

    private readonly Lock gate = new();
    private readonly Hash hash = Hash.Random();
    private Generation young = new();
    private Generation old = new();

    private enum WindowKind : ulong
    {
        User = 1,
        Channel = 2,
    }

    /// <summary>How many entries are remembered.</summary>
    public int Entries
    {
        get
        {
            lock (gate) return young.Entries.Count + old.Entries.Count;
        }
    }

    /// <summary>
    /// Decides on the messages of a request, in its order: those over their users' limit get that outcome, those over their
    /// channels' limit are added to <paramref name="hidden"/>.
    /// </summary>
    public void Apply(
        AppId application, IReadOnlyList<UsageEvent> events, MessageLimits limits, EventOutcome[] outcomes,
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
                if (!Admit(hash.Of(scope, WindowKind.User, one.User, second), message, limits.UserMessagesPerSecond))
                    outcomes[index] = EventOutcome.OverUserLimit;
                else if (!Admit(hash.Of(scope, WindowKind.Channel, one.Channel, second), message, limits.ChannelMessagesPerSecond))
                    hidden.Add(index);
            }
        }
    }

    private bool Admit(ulong window, ulong message, int limit)
    {
        if (limit == 0) return true;
        var entry = hash.Of(window, message);
        if (young.Entries.Contains(entry) || old.Entries.Contains(entry)) return true;
        if (young.Counts.GetValueOrDefault(window) + old.Counts.GetValueOrDefault(window) >= limit) return false;
        if (young.Entries.Count == EntriesPerGeneration)
        {
            (young, old) = (old, young);
            young.Clear();
        }
        young.Entries.Add(entry);
        young.Counts[window] = young.Counts.GetValueOrDefault(window) + 1;
        return true;
    }

    /// <summary>The entries of a while: which message has one, and how many of each window are taken.</summary>
    private sealed class Generation
    {
        public HashSet<ulong> Entries { get; } = new(EntriesPerGeneration);

        public Dictionary<ulong, int> Counts { get; } = new(EntriesPerGeneration);

        public void Clear()
        {
            Entries.Clear();
            Counts.Clear();
        }
    }

    /// <summary>
    /// A 64-bit hash under a key of this process' own (multiply and fold), so that nobody outside can make windows meet.
    /// </summary>
    private readonly record struct Hash(ulong First, ulong Second, ulong Third)
    {
        public static Hash Random() => new(RandomOdd(), RandomOdd(), RandomOdd());

        public ulong Of(AppId application)
        {
            Span<byte> id = stackalloc byte[16];
            Guid.Parse(application.ToString()).TryWriteBytes(id);
            return Of(BitConverter.ToUInt64(id), BitConverter.ToUInt64(id[8..]));
        }

        public ulong Of(ulong scope, WindowKind kind, ulong id, ulong second) => Of(Of(scope ^ (ulong)kind, id), second);

        public ulong Of(ulong one, ulong other) => Fold(Fold(one ^ First, other ^ Second) ^ other, Third);

        private static ulong Fold(ulong one, ulong other)
        {
            var high = Math.BigMul(one, other, out var low);
            return high ^ low;
        }

        private static ulong RandomOdd() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
    }
}
