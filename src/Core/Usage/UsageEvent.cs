using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gatehouse.Usage;

/// <summary>The kinds of usage events.</summary>
public enum UsageEventKind
{
    /// <summary>A user sent a message to a channel.</summary>
    Message,

    /// <summary>A user was active.</summary>
    Active,

    /// <summary>A chat node reports its number of open connections.</summary>
    Connections,
}

/// <summary>One usage event. It holds hashes instead of ids: nothing else is needed, and they need no allocation.</summary>
public readonly struct UsageEvent
{
    /// <summary>The most bytes of UTF-8 in the id of a message, a user or a channel.</summary>
    public const int IdSize = 256;

    /// <summary>The most bytes of UTF-8 in the name of a node.</summary>
    public const int NodeSize = 128;

    /// <summary>The most connections of a node.</summary>
    public const int MostConnections = 1_000_000_000;

    private UsageEvent(UsageEventKind kind, DateTimeOffset at) => (Kind, At) = (kind, at);

    /// <summary>The kind of the event.</summary>
    public UsageEventKind Kind { get; }

    /// <summary>When it happened. Not used for connections, which are current.</summary>
    public DateTimeOffset At { get; }

    /// <summary>
    /// 128 bits of SHA-256 of the message's id, so that a sender who chooses ids cannot make two of them collide.
    /// </summary>
    internal UInt128 Message { get; private init; }

    /// <summary>64 bits of SHA-256 of the user's id; 0 where there is no user.</summary>
    internal ulong User { get; private init; }

    /// <summary>64 bits of SHA-256 of the channel's id.</summary>
    internal ulong Channel { get; private init; }

    /// <summary>The node's name; empty for other events.</summary>
    internal string Node { get; private init; } = "";

    /// <summary>The node's open connections.</summary>
    internal int Connections { get; private init; }

    /// <summary>The day of the event, UTC.</summary>
    internal DateOnly Day => DateOnly.FromDateTime(At.UtcDateTime);

    /// <summary>A message, by ids in UTF-8. A message without a user (an announcement) has an empty user id.</summary>
    public static UsageEvent OfMessage(
        ReadOnlySpan<byte> messageId, ReadOnlySpan<byte> userId, ReadOnlySpan<byte> channelId, DateTimeOffset sentAt) =>
        OfMessage(Hash128(messageId), Hash64(userId), Hash64(channelId), sentAt);

    /// <summary>An active user, by id in UTF-8.</summary>
    public static UsageEvent OfActive(ReadOnlySpan<byte> userId, DateTimeOffset at) => OfActive(Hash64(userId), at);

    /// <summary>A node's open connections.</summary>
    public static UsageEvent OfConnections(string node, int count) =>
        new(UsageEventKind.Connections, default) { Node = node, Connections = count };

    internal static UsageEvent OfMessage(UInt128 message, ulong user, ulong channel, DateTimeOffset sentAt) =>
        new(UsageEventKind.Message, sentAt) { Message = message, User = user, Channel = channel };

    internal static UsageEvent OfActive(ulong user, DateTimeOffset at) => new(UsageEventKind.Active, at) { User = user };

    internal static UInt128 Hash128(ReadOnlySpan<byte> id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    internal static ulong Hash64(ReadOnlySpan<byte> id) => id.IsEmpty ? 0 : (ulong)(Hash128(id) >> 64);
}
