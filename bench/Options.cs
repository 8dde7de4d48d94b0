using System.Globalization;
using Gatehouse.Bench.Figures;

namespace Gatehouse.Bench;

/// <summary>The options of the command line.</summary>
internal sealed record Options
{
    /// <summary>The names of the figures to measure.</summary>
    public required IReadOnlyList<string> Figures { get; init; }

    /// <summary>The duration of one run of the load generator, in seconds.</summary>
    public int Seconds { get; init; } = 8;

    /// <summary>The number of runs of each side.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>The number of starts of each side.</summary>
    public int Starts { get; init; } = 15;

    /// <summary>The number of messages in the year of usage.</summary>
    public int YearMessages { get; init; } = 1_000_000;

    /// <summary>The number of applications in the archive run.</summary>
    public int ArchiveApplications { get; init; } = 10_000;

    /// <summary>The number of archived days that are read.</summary>
    public int ArchiveDays { get; init; } = 1_000_000;

    /// <summary>Whether to write the table into README.md.</summary>
    public bool Write { get; init; }

    /// <summary>Reads the command line. Prints the usage and returns null if it is invalid or asks for help.</summary>
    public static Options? Parse(string[] args, IReadOnlyList<IFigure> known)
    {
        var options = new Options { Figures = [.. known.Select(figure => figure.Name)] };
        for (var index = 0; index < args.Length; index++)
        {
            var next = index + 1 < args.Length ? args[index + 1] : "";
            var number = int.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : 0;
            switch (args[index])
            {
                case "--write":
                    options = options with { Write = true };
                    continue;
                case "--figures" when next.Split(',') is var names && names.All(options.Figures.Contains):
                    options = options with { Figures = names };
                    break;
                case "--seconds" when number > 0:
                    options = options with { Seconds = number };
                    break;
                case "--repetitions" when number > 0:
                    options = options with { Repetitions = number };
                    break;
                case "--year-messages" when number > 0:
                    options = options with { YearMessages = number };
                    break;
                case "--archive-applications" when number > 0:
                    options = options with { ArchiveApplications = number };
                    break;
                case "--archive-days" when number >= 10:
                    options = options with { ArchiveDays = number };
                    break;
                case "--starts" when number > 0:
                    options = options with { Starts = number };
                    break;
                default:
                    Console.Error.WriteLine(Usage(options));
                    return null;
            }
            index++;
        }
        return options;
    }

    private static string Usage(Options defaults) =>
        $"""
        dotnet run -c Release --project bench -- [options]
          --figures {string.Join(',', defaults.Figures)}   which figures; all by default
          --seconds {defaults.Seconds}       length of one run of the load generator
          --repetitions {defaults.Repetitions}   runs of each side, in turns
          --starts {defaults.Starts}       starts of each side, in turns
          --year-messages {defaults.YearMessages}   messages in the year of usage
          --archive-applications {defaults.ArchiveApplications}   applications to archive
          --archive-days {defaults.ArchiveDays}   archived days to read
          --write           put the table into bench/README.md
        """;
}
