using Gatehouse.Platform;

namespace Gatehouse.Custody.Applications;

/// <summary>
/// Finds the application that an earlier try of a call has created: the process was killed, or the platform's answer was lost
/// or could not be read.
/// </summary>
/// <remarks>
/// Cost: one request to the platform for each hundred applications, and one read for each application of the same name. Only
/// for a call that was tried before without a result.
/// </remarks>
internal sealed class EarlierCreation(IPlatform platform, CustodyRows rows)
{
    private const int PageSize = 100;

    // How far the platform's clock may be behind ours.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(15);

    /// <summary>The application; null where the earlier try has created none.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.CreationUnclear"/>.</exception>
    /// <exception cref="PlatformException">The platform cannot list its applications.</exception>
    public async Task<Application?> FindAsync(string name, string call, DateTimeOffset since, CancellationToken cancellation)
    {
        var candidates = new List<Application>();
        await foreach (var page in ApplicationPages.ReadAsync(platform, PageSize, cancellation))
        {
            if (page.Unreadable.Any(one => one.Name is null || one.Name == name))
                throw CustodyException.CreationUnclear("The platform lists an application that cannot be read, and that may be the one.");
            foreach (var application in page.Applications.Where(application => application.Name == name))
            {
                var record = await rows.FindAsync(application.Id, cancellation);
                if (record?.CreatedBy == call) return application;
                if (record?.State == CustodyState.Deleting) continue;
                if (record?.CreatedBy is null && (record?.CreatedAt ?? application.CreatedAt) >= since - ClockTolerance)
                    candidates.Add(application);
            }
        }
        return candidates.Count <= 1
            ? candidates.SingleOrDefault()
            : throw CustodyException.CreationUnclear($"The platform has {candidates.Count} new applications of this name.");
    }
}
