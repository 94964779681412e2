package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reports as CSV (RFC 4180): one line per strategy, each complete in itself, so that files can be
 * joined.
 */
public final class CsvReport {
  private static final List<String> HEADS =
      List.of(
          "operator",
          "layer",
          "m",
          "n",
          "k",
          "input_type",
          "output_type",
          "weight_layout",
          "bias",
          "ranks",
          "backend",
          "emulated",
          "link_simulated",
          "link_bytes_per_second",
          "strategy",
          "status",
          "median_us",
          "p95_us",
          "gemm_us",
          "comm_us",
          "wire_us",
          "sol_us",
          "sequential_us",
          "exposed_us",
          "efficiency",
          "to_sol",
          "speed_up",
          "max_error",
          "iterations",
          "seed",
          "time");

  private CsvReport() {}

  /** The whole file. */
  public static String write(BenchReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(String.join(",", HEADS));
    for (BenchReport.Row row : report.rows()) {
      lines.add(cells(report, row).stream().map(CsvReport::cell).collect(Collectors.joining(",")));
    }
    return String.join("\r\n", lines) + "\r\n";
  }

  private static List<Object> cells(BenchReport report, BenchReport.Row row) {
    BenchReport.Problem p = report.problem();
    BenchReport.Machine machine = report.machine();
    BenchReport.Baseline base = report.baseline();
    return List.of(
        report.operator(),
        report.layer(),
        p.m(),
        p.n(),
        p.k(),
        p.inputType(),
        p.outputType(),
        p.weightLayout(),
        p.bias(),
        p.ranks(),
        machine.backend(),
        machine.emulated(),
        machine.linkSimulated(),
        machine.linkBytesPerSecond(),
        row.strategy(),
        row.status(),
        row.median(),
        row.p95(),
        base.gemm(),
        base.comm(),
        base.wire(),
        base.sol(),
        base.sequential(),
        row.exposed(),
        row.efficiency(),
        row.toSol(),
        row.speedUp(),
        row.maxError(),
        p.iterations(),
        p.seed(),
        machine.time());
  }

  private static String cell(Object value) {
    if (value instanceof Double number) {
      return Double.isFinite(number) ? number.toString() : "";
    }
    String text = String.valueOf(value);
    return text.matches("[^,\"\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
