using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Gatehouse.Archive;
using Gatehouse.Common;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Ops;

/// <summary>
/// Streams archived days, earliest first: as JSON with the missing days and the sum, or as CSV (RFC 4180). At most a page of a
/// thousand days is in memory. If the store fails in the middle, the connection is aborted, so that the caller does not take
/// the answer for complete.
/// </summary>
internal sealed class DailyCountsReply(ArchivedDays days, bool asCsv) : IResult, IStatusCodeHttpResult
{
    private const string CsvType = "text/csv; charset=utf-8; header=present";
    private const string JsonType = "application/json; charset=utf-8";

    // A date, a count of up to 20 digits, a boolean, separators.
    private const int LongestCsvLine = 64;

    int? IStatusCodeHttpResult.StatusCode => StatusCodes.Status200OK;

    /// <summary>
    /// Whether a request asks for CSV: with <c>format</c>, or with an <c>Accept</c> that prefers CSV to JSON.
    /// </summary>
    /// <exception cref="RequestException"><c>format</c> is neither.</exception>
    public static bool WantsCsv(HttpRequest request) => RequestQuery.Text(request, "format") switch
    {
        "csv" => true,
        "json" => false,
        null => AcceptedTypes.Preferred(request, JsonType, CsvType) == CsvType,
        _ => throw RequestException.Invalid("format must be json or csv."),
    };

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var aborted = httpContext.RequestAborted;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = asCsv ? CsvType : JsonType;
        response.Headers.Vary = "Accept";
        response.Headers.CacheControl = "no-store";
        // The days are not read for an answer without a body.
        if (HttpMethods.IsHead(httpContext.Request.Method)) return;
        try
        {
            await (asCsv ? WriteCsvAsync(response.BodyWriter, aborted) : WriteJsonAsync(response.BodyWriter, aborted));
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            // The caller has disconnected.
        }
        catch
        {
            // Otherwise the Functions worker would end the body as if it were complete.
            httpContext.Abort();
            throw;
        }
    }

    private async Task WriteCsvAsync(PipeWriter body, CancellationToken cancellation)
    {
        body.Write("date,count,final,source\r\n"u8);
        await foreach (var page in days.Pages.WithCancellation(cancellation))
        {
            foreach (var day in page) WriteCsv(body, day);
            await body.FlushAsync(cancellation);
        }
        await body.FlushAsync(cancellation);
    }

    // No field can contain a character that CSV has to quote.
    private static void WriteCsv(PipeWriter body, ArchivedDay day)
    {
        var line = body.GetSpan(LongestCsvLine + 3 * day.Source.Length);
        day.Day.TryFormat(line, out var length, "O", CultureInfo.InvariantCulture);
        line[length++] = (byte)',';
        Utf8Formatter.TryFormat(day.Count, line[length..], out var written);
        length += written;
        var final = day.Final ? ",true,"u8 : ",false,"u8;
        final.CopyTo(line[length..]);
        length += final.Length;
        length += Encoding.UTF8.GetBytes(day.Source, line[length..]);
        "\r\n"u8.CopyTo(line[length..]);
        body.Advance(length + 2);
    }

    private async Task WriteJsonAsync(PipeWriter body, CancellationToken cancellation)
    {
        // The missing days are written after the archived ones. Until then they are kept as ranges.
        var missing = new List<DayRange>();
        var (total, next, pending) = (0L, days.Expected?.From, days.Pending);
        await using var json = new Utf8JsonWriter(body, JsonText.ForReaders with { SkipValidation = true });
        json.WriteStartObject();
        json.WriteStartArray("days"u8);
        await foreach (var page in days.Pages.WithCancellation(cancellation))
        {
            foreach (var day in page)
            {
                if (next is { } first && day.Day >= first)
                {
                    var end = days.Expected!.Value.To;
                    if (DayRange.Between(first, Earlier(day.Day.AddDays(-1), end)) is { } gap) missing.Add(gap);
                    next = day.Day < end ? day.Day.AddDays(1) : null;
                }
                if (day.Day == pending) pending = null;
                total += day.Count;
                Write(json, day);
            }
            json.Flush();
            await body.FlushAsync(cancellation);
        }
        if (next is { } rest && DayRange.Between(rest, days.Expected!.Value.To) is { } last) missing.Add(last);
        json.WriteEndArray();
        json.WriteStartArray("missing"u8);
        foreach (var day in missing.SelectMany(range => Enumerable.Range(0, range.Days).Select(offset => range.From.AddDays(offset))))
        {
            json.WriteStringValue(IsoDate.Text(day));
        }
        json.WriteEndArray();
        json.WriteStartArray("pending"u8);
        if (pending is { } yesterday) json.WriteStringValue(IsoDate.Text(yesterday));
        json.WriteEndArray();
        json.WriteStartArray("gaps"u8);
        foreach (var gap in missing.SelectMany(days.Gaps)) Write(json, gap);
        json.WriteEndArray();
        json.WriteNumber("total"u8, total);
        json.WriteEndObject();
        json.Flush();
        await body.FlushAsync(cancellation);
    }

    private static void Write(Utf8JsonWriter json, ArchivedDay day)
    {
        Span<char> date = stackalloc char[10];
        day.Day.TryFormat(date, out _, "O", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("date"u8, date);
        json.WriteNumber("count"u8, day.Count);
        json.WriteBoolean("final"u8, day.Final);
        json.WriteString("source"u8, day.Source);
        if (day.WebhookCount is { } webhookCount) json.WriteNumber("webhook_count"u8, webhookCount);
        if (day.History is { } history)
        {
            json.WritePropertyName("history"u8);
            json.WriteRawValue(history, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ArchiveGap gap)
    {
        json.WriteStartObject();
        json.WriteString("from"u8, IsoDate.Text(gap.Days.From));
        json.WriteString("to"u8, IsoDate.Text(gap.Days.To));
        json.WriteString("reason"u8, GapReasons.NameOf(gap.Reason));
        json.WriteEndObject();
    }

    private static DateOnly Earlier(DateOnly one, DateOnly other) => one < other ? one : other;
}
