using Gatehouse.Secrets.KeyVault;

namespace Gatehouse.Tests.Secrets.KeyVault;

/// <summary>Short timeouts for the double.</summary>
internal static class TestTimeouts
{
    public static KeyVaultTimeouts Short { get; } = new(
        Call: TimeSpan.FromSeconds(30),
        Attempt: TimeSpan.FromSeconds(10),
        Retries: 2,
        FirstDelay: TimeSpan.FromMilliseconds(1),
        LongestDelay: TimeSpan.FromSeconds(1),
        Poll: TimeSpan.FromMilliseconds(5));
}
