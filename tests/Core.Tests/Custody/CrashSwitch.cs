using System.Diagnostics;
using Gatehouse.Custody;

namespace Gatehouse.Tests.Custody;

/// <summary>The call was cut off as if its process had been killed: nothing in the product catches this.</summary>
public sealed class CrashException(string step) : Exception($"Killed at \"{step}\".");

/// <summary>Cuts off what is called in one flow of a test at a step of custody, and whatever the flow tries after that.</summary>
internal sealed class CrashSwitch
{
    private static readonly AsyncLocal<CrashSwitch?> Current = new();
    private static readonly IDisposable Subscription = DiagnosticListener.AllListeners.Subscribe(new Listeners());

    private readonly Lock gate = new();
    private readonly Func<string, int, bool> isTime;
    private readonly List<string> reached = [];

    private CrashSwitch(Func<string, int, bool> isTime) => this.isTime = isTime;

    /// <summary>The steps that were reached, the one of the crash last.</summary>
    public IReadOnlyList<string> Reached => reached;

    public bool HasCrashed { get; private set; }

    /// <summary>Runs something that is cut off at its n-th step, from 1; 0 for never.</summary>
    public static Task<CrashSwitch> RunAsync(int step, Func<Task> work) => RunAsync((_, count) => count == step, work);

    /// <summary>Runs something that is cut off at a step of this name.</summary>
    public static Task<CrashSwitch> RunAsync(string step, Func<Task> work) => RunAsync((name, _) => name == step, work);

    private static async Task<CrashSwitch> RunAsync(Func<string, int, bool> isTime, Func<Task> work)
    {
        _ = Subscription;
        var crash = new CrashSwitch(isTime);
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
                HasCrashed = isTime(step, reached.Count);
            }
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
