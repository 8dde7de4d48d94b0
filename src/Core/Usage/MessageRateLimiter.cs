using System.Security.Cryptography;

namespace Gatehouse.Usage;

/// <summary>
/// Limits the messages of a user, and of a channel, in each second of <c>sent_at</c> (contract, "Default settings"). A
/// message that was admitted to a window stays admitted: sent again, it is neither counted twice nor refused.
/// </summary>
/// <remarks>
/// <para>Windows are local to this instance: n instances that share an application's messages allow up to n times the
/// limits. Each message still counts once across all instances, because the store decides that.</para>
/// <para>Memory: entries are held in two generations of <see cref="EntriesPerGeneration"/>. When the young one is full, the
/// old one is dropped. An entry takes at most <see cref="BytesPerEntry"/> bytes, and all memory is allocated at the start:
/// <see cref="MostBytes"/>, 27 MB, whatever is sent. At 10,000 messages a second, an entry is remembered for at least 13
/// seconds.</para>
/// </remarks>
internal sealed class MessageRateLimiter
{
    /// <summary>The entries of a generation. A message takes one in its user's window and one in its channel's.</summary>
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

    /// <summary>How many entries there are.</summary>
    public int Entries
    {
        get
        {
            lock (gate) return young.Entries.Count + old.Entries.Count;
        }
    }

    /// <summary>
    /// Checks the messages of a request, in order. Those over the limit of their user get that outcome; those over the limit
    /// of their channel are added to <paramref name="hidden"/>.
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
                if (one.Kind != UsageEventKind.Message || outcomes[index] != EventOutcome.Accepted) continue;
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

    /// <summary>The entries of a period: the admitted messages, and how many each window has.</summary>
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
    /// A 64-bit hash under a random key of this process (multiply and fold), so that a sender cannot cause collisions
    /// between windows.
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
