package dev.counterpoint.cli.bench;

import dev.counterpoint.Failure;
import dev.counterpoint.cli.CommandException;
import dev.counterpoint.cli.OutputFile;
import dev.counterpoint.cli.report.BenchReport;
import dev.counterpoint.cli.report.ChromeTrace;
import dev.counterpoint.cli.report.CsvReport;
import dev.counterpoint.cli.report.HtmlReport;
import dev.counterpoint.cli.report.JsonReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what is written besides the table. */
final class OutputOptions {
  @Option(names = "--json", paramLabel = "FILE", description = "Write everything measured as JSON.")
  private @Nullable Path json;

  @Option(names = "--csv", paramLabel = "FILE", description = "Write one line per strategy as CSV.")
  private @Nullable Path csv;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write one self-contained page with table, chart and timelines.")
  private @Nullable Path html;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Write the timelines for Perfetto or chrome://tracing.")
  private @Nullable Path trace;

  boolean needsTimelines() {
    return html != null || trace != null;
  }

  private Map<Path, Function<BenchReport, String>> files() {
    Map<Path, Function<BenchReport, String>> files = new LinkedHashMap<>();
    put(files, json, JsonReport::write);
    put(files, csv, CsvReport::write);
    put(files, html, HtmlReport::write);
    put(files, trace, ChromeTrace::write);
    return files;
  }

  /** Whether something other than JSON is wanted. */
  boolean moreThanJson() {
    return csv != null || needsTimelines();
  }

  /** Finds out before measuring whether the files can be written. */
  void verify() {
    files().keySet().forEach(OutputFile::verify);
  }

  /** Writes a report that exists as JSON only. */
  void writeJson(Object report, PrintWriter log) throws IOException {
    if (json != null) {
      OutputFile.write(json, JsonReport.write(report), log);
    }
  }

  /** Writes the files, and says so. */
  void write(BenchReport report, PrintWriter log) throws IOException {
    for (Map.Entry<Path, Function<BenchReport, String>> file : files().entrySet()) {
      OutputFile.write(file.getKey(), file.getValue().apply(report), log);
    }
  }

  private static void put(
      Map<Path, Function<BenchReport, String>> files,
      @Nullable Path file,
      Function<BenchReport, String> writer) {
    if (file != null && files.put(file, writer) != null) {
      throw new CommandException(
          Failure.Category.USAGE,
          "'" + file + "' is named twice: give each output a file of its own");
    }
  }
}
