package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What {@code bench --reorder-overhead} found: what it costs that tiles are stored packed, for
 * collectives that work on groups of them, and that a norm reads them so.
 *
 * @param machine by what
 * @param ranks number of ranks, all of which do the same at the same time
 * @param sizes what was computed, for people
 * @param tile rows and columns of a tile
 * @param runs timed runs of each
 * @param same whether the norm of packed tiles was bitwise that of rows, on all ranks
 * @param rows the GEMM and the norms
 */
public record ReorderReport(
    BenchReport.Machine machine,
    int ranks,
    String sizes,
    String tile,
    int runs,
    boolean same,
    List<Row> rows) {
  /** Copies the list. */
  public ReorderReport {
    rows = List.copyOf(rows);
  }

  /**
   * One kernel, both ways.
   *
   * @param kernel which
   * @param inPlace median microseconds of the slowest rank with rows one below the other
   * @param packed the same with packed tiles
   * @param overhead how much longer the packed one takes, as a part of the other
   */
  public record Row(String kernel, double inPlace, double packed, double overhead) {}

  /** Its lines on a terminal. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "packed tiles beside rows in place on "
            + machine.backend()
            + ": "
            + machine.description()
            + (machine.emulated() ? "  [emulated devices]" : ""));
    lines.add(sizes + " · tiles of " + tile + " · " + ranks + " ranks at the same time");
    lines.add("");
    Table table = new Table("<kernel", "in place µs", "packed µs", "overhead");
    for (Row row : rows) {
      table.row(
          List.of(
              row.kernel(),
              Figures.micros(row.inPlace()),
              Figures.micros(row.packed()),
              String.format(Locale.ROOT, "%+.1f %%", 100 * row.overhead())));
    }
    lines.addAll(table.lines());
    if (!same) {
      lines.add("FAILED: the norm of packed tiles is not that of the same rows");
    }
    return lines;
  }
}
