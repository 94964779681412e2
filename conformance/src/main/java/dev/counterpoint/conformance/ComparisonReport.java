package dev.counterpoint.conformance;

import dev.counterpoint.core.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What several backends made of the same inputs.
 *
 * @param date when it began
 * @param millis how long it took
 * @param seed of the inputs
 * @param full whether all problems were run
 * @param backends those that were compared; the first is what the others are compared with
 * @param missing those that were asked for and cannot run here, with the reason
 * @param rows one for each problem, size of world and further backend
 */
public record ComparisonReport(
    Instant date,
    long millis,
    long seed,
    boolean full,
    List<Subject> backends,
    Map<String, String> missing,
    List<Row> rows) {
  /** Copies the collections. */
  public ComparisonReport {
    backends = List.copyOf(backends);
    rows = List.copyOf(rows);
  }

  /**
   * A backend.
   *
   * @param name as asked for
   * @param description its own words
   */
  public record Subject(String name, String description) {}

  /** How a row ended. */
  public enum Status {
    /** Within the bound, or equal where it must be. */
    AGREE,
    /** Beyond the bound, or not equal where it must be, or one of them broke. */
    DIFFER,
    /** One of them cannot do it. */
    SKIPPED
  }

  /** What was in the operands, and so how results are compared. */
  public enum Values {
    /** Numbers of mixed magnitude: within twice the bound of rule NUM-1, once for each backend. */
    REALS,
    /** Small integers: equal, as long as the output type holds every sum. */
    INTEGERS,
    /** The gathered input: bitwise equal. */
    COPIES
  }

  /**
   * One problem on two backends.
   *
   * @param backend compared with the first
   * @param difference largest difference in terms of the bound: |a − b| ÷ S, where S is the sum of
   *     magnitudes of section 12; NaN if nothing was compared
   * @param bound what is allowed there: the bounds of both ÷ S; 0 where results must be equal
   * @param ofBound difference ÷ bound; NaN where results must be equal
   * @param unequal elements that are not equal
   * @param elements elements compared
   * @param problem what is wrong, or why it was skipped; empty if all is well
   */
  public record Row(
      String backend,
      String operator,
      String strategy,
      String inputType,
      String outputType,
      int m,
      int n,
      int k,
      int ranks,
      Values values,
      Status status,
      double difference,
      double bound,
      double ofBound,
      long unequal,
      long elements,
      String problem) {
    /** The sizes. */
    public String shape() {
      return m + "×" + n + "×" + k;
    }

    /** The types. */
    public String types() {
      return inputType.equals(outputType) ? inputType : inputType + "→" + outputType;
    }
  }

  /** Rows of one status. */
  public int count(Status status) {
    return (int) rows.stream().filter(row -> row.status() == status).count();
  }

  /** Writes a page for people and JSON for programs; returns the page. */
  Path write(Path directory) {
    try {
      Files.createDirectories(directory);
      Path page = directory.resolve("comparison.html");
      WholeFile.write(page, html());
      WholeFile.write(directory.resolve("comparison.json"), Reports.json(json()));
      return page;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the reports could not be written to '" + directory + "': " + e.getMessage(), e);
    }
  }

  private Map<String, Object> json() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("date", date.toString());
    root.put("millis", millis);
    root.put("seed", seed);
    root.put("mode", full ? "full" : "smoke");
    root.put("backends", backends);
    root.put("missing", missing);
    root.put("agree", count(Status.AGREE));
    root.put("differ", count(Status.DIFFER));
    root.put("skipped", count(Status.SKIPPED));
    root.put("rows", rows.stream().map(ComparisonReport::json).toList());
    return root;
  }

  private static Map<String, Object> json(Row row) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("backend", row.backend());
    entry.put("operator", row.operator());
    entry.put("strategy", row.strategy());
    entry.put("inputType", row.inputType());
    entry.put("outputType", row.outputType());
    entry.put("m", row.m());
    entry.put("n", row.n());
    entry.put("k", row.k());
    entry.put("ranks", row.ranks());
    entry.put("values", row.values().name().toLowerCase(Locale.ROOT));
    entry.put("status", row.status().name().toLowerCase(Locale.ROOT));
    entry.put("difference", number(row.difference()));
    entry.put("bound", number(row.bound()));
    entry.put("ofBound", number(row.ofBound()));
    entry.put("unequal", row.unequal());
    entry.put("elements", row.elements());
    entry.put("problem", row.problem());
    return entry;
  }

  private static @Nullable Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private String html() {
    StringBuilder page = Page.begin("Counterpoint: backends compared");
    page.append("<p class=\"soft\">")
        .append(full ? "Full" : "Smoke")
        .append(" comparison of ")
        .append(Page.date(date))
        .append(", seed ")
        .append(seed)
        .append("</p>\n<p><span class=\"passed\">")
        .append(count(Status.AGREE))
        .append(" agree</span>, <span class=\"")
        .append(count(Status.DIFFER) == 0 ? "soft" : "failed")
        .append("\">")
        .append(count(Status.DIFFER))
        .append(" differ</span>, <span class=\"skipped\">")
        .append(count(Status.SKIPPED))
        .append(" skipped</span></p>\n<div class=\"cards\">\n");
    for (Subject backend : backends) {
      card(page, backend.name(), "Backend", backend.description());
    }
    missing.forEach((name, reason) -> card(page, name, "Not here", reason));
    page.append("</div>\n<p>Difference and bound are relative to S, the sum of magnitudes of ")
        .append("section 12 of the specification, at the element nearest to its bound; the bound ")
        .append("is that of rule NUM-1, once for each backend.</p>\n")
        .append("<div class=\"wide\"><table><tr><th>Operator</th><th>Strategy</th><th>Types</th>")
        .append("<th>Shape</th><th>Ranks</th><th>Values</th><th>Backend</th><th>Difference</th>")
        .append("<th>Bound</th><th>Of bound</th><th>Result</th></tr>\n");
    rows.forEach(row -> row(page, row));
    return Page.end(page.append("</table></div>\n"));
  }

  private static void card(StringBuilder page, String title, String name, String value) {
    page.append("<div class=\"card\"><h3>").append(Page.escape(title)).append("</h3>");
    Page.line(page, name, value);
    page.append("</div>\n");
  }

  private static void row(StringBuilder page, Row row) {
    String kind =
        switch (row.status()) {
          case AGREE -> "passed";
          case DIFFER -> "failed";
          case SKIPPED -> "skipped";
        };
    page.append("<tr>");
    for (String cell :
        List.of(
            row.operator(),
            row.strategy(),
            row.types(),
            row.shape(),
            Integer.toString(row.ranks()),
            row.values().name().toLowerCase(Locale.ROOT),
            row.backend(),
            figure(row.difference()),
            figure(row.bound()),
            figure(row.ofBound()))) {
      page.append("<td>").append(Page.escape(cell)).append("</td>");
    }
    page.append("<td class=\"")
        .append(kind)
        .append("\">")
        .append(row.status().name().toLowerCase(Locale.ROOT))
        .append(row.problem().isEmpty() ? "" : ": " + Page.escape(row.problem()))
        .append("</td></tr>\n");
  }

  private static String figure(double value) {
    return Double.isNaN(value)
        ? "–"
        : value == 0 ? "0" : String.format(Locale.ROOT, value < 0.01 ? "%.1e" : "%.2f", value);
  }
}
