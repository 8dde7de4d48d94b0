using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Common;

/// <summary>
/// A cache that forgets what has not been asked for in a while: entries live in two generations, and when the young one is
/// full, it becomes the old one, whose entries are gone unless they are asked for before the next change. It holds at most
/// twice its capacity.
/// </summary>
internal sealed class GenerationCache<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Lock gate = new();
    private Dictionary<TKey, TValue> young = [];
    private Dictionary<TKey, TValue> old = [];

    /// <summary>How many entries there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return young.Count + old.Count;
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (gate)
        {
            if (young.TryGetValue(key, out value)) return true;
            if (!old.Remove(key, out value)) return false;
            Add(key, value);
            return true;
        }
    }

    public void Set(TKey key, TValue value)
    {
        lock (gate)
        {
            old.Remove(key);
            Add(key, value);
        }
    }

    public void Remove(TKey key)
    {
        lock (gate)
        {
            young.Remove(key);
            old.Remove(key);
        }
    }

    private void Add(TKey key, TValue value)
    {
        if (young.Count >= capacity && !young.ContainsKey(key))
        {
            (young, old) = (old, young);
            young.Clear();
        }
        young[key] = value;
    }
}
