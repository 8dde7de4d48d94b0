// What the benchmark does with the product's code in one process, without HTTP. It is built once for each commit that is measured, from
// the source of that commit, so each server gets a data folder that its own code has written. It takes the product's services from the
// product's own container, so that constructors may differ between commits.

using System.Globalization;
using Gatehouse.Bench.InProcess;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};
var stop = interrupted.Token;

switch (args)
{
    case ["applications", var folder, var count, var tokens, var newest, var masters]:
        await Seed.ApplicationsAsync(folder, Number(count), Number(tokens), newest, masters, stop);
        return 0;
    case ["custody", var folder, var count]:
        await Seed.CustodyAsync(folder, Number(count), stop);
        return 0;
    case ["audit", var folder, var count]:
        await Seed.AuditAsync(folder, Number(count), stop);
        return 0;
    case ["messages", var folder, var callers, var size, var seconds]:
        var rate = await MessageRate.MeasureAsync(folder, Number(callers), Number(size), Number(seconds), stop);
        Console.WriteLine(rate.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("Not a command of this program.");
        return 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
