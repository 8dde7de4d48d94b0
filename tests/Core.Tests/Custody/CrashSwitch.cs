using System.Diagnostics;
using Gatehouse.Custody;

namespace Gatehouse.Tests.Custody;

/// <summary>The call is interrupted as if its process had been killed. Nothing in the product catches this.</summary>
public sealed class CrashException(string step) : Exception($"Killed at \"{step}\".");

/// <summary>
/// Interrupts the calls of one async flow at a step of custody, and everything that the flow tries after that.
/// </summary>
internal sealed class CrashSwitch
{
    private static readonly AsyncLocal<CrashSwitch?> Current = new();
    private static readonly IDisposable Subscription = DiagnosticListener.AllListeners.Subscribe(new Listeners());

    private readonly Lock gate = new();
    private readonly int crashAt;
    private readonly List<string> reached = [];

    private CrashSwitch(int crashAt) => this.crashAt = crashAt;

    /// <summary>The steps that were reached. The last one is the step of the crash.</summary>
    public IReadOnlyList<string> Reached => reached;

    public bool HasCrashed { get; private set; }

    /// <summary>Whether a crash ends the whole process, by SIGKILL.</summary>
    public static bool KillsProcess { get; set; }

    /// <summary>Runs something that is interrupted at its n-th step, from 1; 0 for never.</summary>
    public static async Task<CrashSwitch> RunAsync(int step, Func<Task> work)
    {
        _ = Subscription;
        var crash = new CrashSwitch(step);
        Current.Value = crash;
        try
        {
            await work();
        }
        catch (CrashException) when (crash.HasCrashed)
        {
        }
        finally
        {
            Current.Value = null;
        }
        return crash;
    }

    private void Reach(string step)
    {
        lock (gate)
        {
            if (!HasCrashed)
            {
                reached.Add(step);
                HasCrashed = reached.Count == crashAt;
            }
            if (HasCrashed && KillsProcess) Process.GetCurrentProcess().Kill();
            if (HasCrashed) throw new CrashException(step);
        }
    }

    private sealed class Listeners : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == CustodySteps.Name) value.Subscribe(new Steps());
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class Steps : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value) => Current.Value?.Reach(value.Key);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
