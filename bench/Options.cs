using System.Globalization;
using Gatehouse.Bench.Figures;

namespace Gatehouse.Bench;

/// <summary>The options of the command line.</summary>
internal sealed record Options
{
    /// <summary>The names of the figures to measure.</summary>
    public required IReadOnlyList<string> Figures { get; init; }

    /// <summary>Another commit to measure in the same run; null for none.</summary>
    public string? Against { get; init; }

    /// <summary>The duration of one run of the load generator, in seconds.</summary>
    public int Seconds { get; init; } = 6;

    /// <summary>The number of runs of each side.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>The number of starts of each side.</summary>
    public int Starts { get; init; } = 15;

    /// <summary>The number of applications in the largest estate.</summary>
    public int Estate { get; init; } = 100_000;

    /// <summary>The number of messages in the year of usage.</summary>
    public int YearMessages { get; init; } = 1_000_000;

    /// <summary>The number of applications in the archive run.</summary>
    public int ArchiveApplications { get; init; } = 10_000;

    /// <summary>The number of archived days that are read.</summary>
    public int ArchiveDays { get; init; } = 1_000_000;

    /// <summary>The number of applications that are adopted.</summary>
    public int AdoptApplications { get; init; } = 10_000;

    /// <summary>The number of audit rows that are purged.</summary>
    public int AuditRows { get; init; } = 1_000_000;

    /// <summary>Whether to write the table into README.md.</summary>
    public bool Write { get; init; }

    /// <summary>Reads the command line. Prints the usage and returns null if it is invalid or asks for help.</summary>
    public static Options? Parse(string[] args, IReadOnlyList<IFigure> known)
    {
        var options = new Options { Figures = [.. known.Select(figure => figure.Name)] };
        for (var index = 0; index < args.Length; index++)
        {
            if (args[index] == "--write")
            {
                options = options with { Write = true };
                continue;
            }
            var name = args[index];
            if (++index == args.Length || options.With(name, args[index]) is not { } changed)
            {
                Console.Error.WriteLine(Usage(new Options { Figures = [.. known.Select(figure => figure.Name)] }));
                return null;
            }
            options = changed;
        }
        return options;
    }

    // Null for an unknown option or a wrong value.
    private Options? With(string name, string value)
    {
        var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : 0;
        return (name, number) switch
        {
            ("--figures", _) when value.Split(',') is var names && names.All(Figures.Contains) => this with { Figures = names },
            ("--against", _) when value.Length > 0 && value[0] != '-' => this with { Against = value },
            ("--seconds", > 0) => this with { Seconds = number },
            ("--repetitions", > 0) => this with { Repetitions = number },
            ("--starts", > 0) => this with { Starts = number },
            ("--estate", > 0) => this with { Estate = number },
            ("--year-messages", > 0) => this with { YearMessages = number },
            ("--archive-applications", > 0) => this with { ArchiveApplications = number },
            ("--archive-days", >= 10) => this with { ArchiveDays = number },
            ("--adopt-applications", > 0) => this with { AdoptApplications = number },
            ("--audit-rows", > 0) => this with { AuditRows = number },
            _ => null,
        };
    }

    private static string Usage(Options defaults) =>
        $"""
        dotnet run -c Release --project bench -- [options]
          --figures NAMES                which figures, separated by commas; all by default:
                                         {string.Join(',', defaults.Figures)}
          --against COMMIT               measures the server of this commit too
          --seconds {defaults.Seconds}                    length of one run of the load generator
          --repetitions {defaults.Repetitions}                runs of each side, in turns
          --starts {defaults.Starts}                    starts of each side, in turns
          --estate {defaults.Estate}                applications of view-100k
          --year-messages {defaults.YearMessages}        messages in the year of usage
          --archive-applications {defaults.ArchiveApplications}   applications to archive
          --archive-days {defaults.ArchiveDays}         archived days to read
          --adopt-applications {defaults.AdoptApplications}     applications to adopt
          --audit-rows {defaults.AuditRows}           audit rows to purge
          --write                        puts the table into bench/README.md
        """;
}
