using Gatehouse.Platform;

namespace Gatehouse.Custody.Tokens;

/// <summary>Decides whether a token may be issued or rotated, by the record and the number of tokens at the platform.</summary>
internal static class LeaseRules
{
    /// <summary>The lease that a request begins.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.LabelTaken"/>; <see cref="CustodyFault.NoFreeSlot"/> where only
    /// the slot for rotation is free.</exception>
    public static Lease Begin(CustodyRecord record, int used, LeaseRequest request, DateTimeOffset now)
    {
        if (record.Find(request.Label) is not null)
            throw new CustodyException(CustodyFault.LabelTaken, $"The label {request.Label} is taken.");
        if (used >= ApiToken.MostSecondary - 1)
        {
            throw CustodyException.NoFreeSlot(
                $"{used} of the application's {ApiToken.MostSecondary} slots are used, and one is kept free for rotation.");
        }
        return Lease.Begin(request.Label, request.Owner, request.Delivery, now + request.ExpiresIn, request.RotateEvery);
    }

    /// <summary>The lease whose current token a caller may rotate.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.TokenNotFound"/>, <see cref="CustodyFault.NotOwner"/>,
    /// <see cref="CustodyFault.NotRotatable"/>, <see cref="CustodyFault.NoFreeSlot"/>.</exception>
    public static Lease Rotate(CustodyRecord record, int used, string tokenId, TokenCaller caller, DateTimeOffset now)
    {
        var lease = Find(record, tokenId) ?? throw CustodyException.TokenNotFound();
        if (!caller.MayManage(lease.Owner)) throw CustodyException.NotOwner();
        if (lease.IsOver(now)) throw CustodyException.NotRotatable("The token is being revoked.");
        if (lease.Incoming is not null || lease.Current!.Id != tokenId)
            throw CustodyException.NotRotatable("The token was replaced already.");
        RequireSlot(used);
        return lease;
    }

    /// <summary>Requires a free slot for a rotation.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.NoFreeSlot"/>.</exception>
    public static void RequireSlot(int used)
    {
        if (used >= ApiToken.MostSecondary)
            throw CustodyException.NoFreeSlot($"All of the application's {ApiToken.MostSecondary} slots are used.");
    }

    /// <summary>Finds the lease of a token; null if the token has no lease.</summary>
    public static Lease? Find(CustodyRecord record, string tokenId) =>
        record.Leases.FirstOrDefault(lease => lease.Tokens.Any(token => token.Id == tokenId));
}
