package dev.counterpoint.cli.report;

import dev.counterpoint.cli.report.BenchReport.Row;
import dev.counterpoint.cli.report.BenchReport.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The report as one page that needs nothing else: no script, no font, no file beside it. */
public final class HtmlReport {
  /** By the style sheet's names. */
  private static final Map<String, String> LEGEND = legend();

  private final BenchReport report;

  private HtmlReport(BenchReport report) {
    this.report = report;
  }

  private static Map<String, String> legend() {
    Map<String, String> words = new LinkedHashMap<>();
    words.put("compute", "compute");
    words.put("store", "a tile is stored");
    words.put("post", "and posted");
    words.put("wait", "wait; of a multiprocessor at a tile's gate");
    words.put("transfer", "transfer");
    words.put("collective", "collective");
    words.put("reduce", "reduce");
    words.put("other", "other");
    return words;
  }

  /** The whole page. */
  public static String write(BenchReport report) {
    return new HtmlReport(report).page();
  }

  private String page() {
    String layer = report.layer().isEmpty() ? "" : ", " + report.layer();
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        + "<title>"
        + Html.escape(report.operator() + layer)
        + "</title>\n<style>\n"
        + css()
        + "</style>\n</head>\n<body>\n<main>\n"
        + header()
        + headline()
        + section(
            "Time by strategy",
            "<div class=\"card\">\n" + chartLegend() + new BarChartSvg(report).draw() + "</div>\n")
        + section("Figures", "<div class=\"card\">\n" + figures() + "</div>\n" + definitions())
        + timelines()
        + section("Plans and checks", "<div class=\"card\">\n" + plans() + "</div>\n")
        + section("Machine", "<div class=\"card\">\n" + machine() + "</div>\n")
        + "<footer><p>Written by counterpoint "
        + Html.escape(report.machine().version())
        + " at "
        + Html.escape(report.machine().time())
        + ".</p></footer>\n</main>\n</body>\n</html>\n";
  }

  private String header() {
    StringBuilder html =
        new StringBuilder("<header>\n<h1>" + Html.escape(report.title()) + "</h1>\n");
    html.append("<p class=\"muted\">")
        .append(Html.escape(report.layer().isEmpty() ? "" : report.layer() + " · "))
        .append(Html.escape(report.sizes()))
        .append("</p>\n");
    html.append("<ul class=\"badges\">\n");
    html.append(
        report.passed()
            ? "<li class=\"good\">✓ every result is right</li>\n"
            : "<li class=\"bad\">✗ a result is wrong</li>\n");
    report
        .caveats()
        .forEach(
            caveat ->
                html.append("<li class=\"warn\">").append(Html.escape(caveat)).append("</li>\n"));
    html.append("<li>")
        .append(Html.escape(report.machine().backend() + ": " + report.machine().description()))
        .append("</li>\n");
    return html.append("</ul>\n</header>\n").toString();
  }

  /** The fastest strategy whose results are right. */
  private Optional<Row> best() {
    return report.rows().stream()
        .filter(row -> row.status() == Status.OK)
        .min(Comparator.comparingDouble(Row::median));
  }

  private String headline() {
    return best()
        .map(
            row ->
                "<dl class=\"tiles\">\n"
                    + tile(
                        "Fastest strategy",
                        row.strategy(),
                        Figures.micros(row.median())
                            + " µs, median of "
                            + report.problem().iterations())
                    + tile(
                        "Speed-up over sequential",
                        Figures.times(row.speedUp()),
                        "sequential takes "
                            + Figures.micros(report.baseline().sequential())
                            + " µs")
                    + tile(
                        "Communication hidden, E",
                        percent(row.efficiency()),
                        "of what sequential execution exposes")
                    + tile(
                        "Distance to the speed of light",
                        Figures.times(row.toSol()),
                        "max(gemm, wire) is " + Figures.micros(report.baseline().sol()) + " µs")
                    + "</dl>\n")
        .orElse("");
  }

  private static String percent(double part) {
    return Double.isNaN(part) ? Figures.NONE : Math.round(part * 100) + " %";
  }

  private static String tile(String name, String value, String more) {
    return "<div class=\"tile\"><dt>"
        + Html.escape(name)
        + "</dt><dd>"
        + Html.escape(value)
        + "<small>"
        + Html.escape(more)
        + "</small></dd></div>\n";
  }

  private static String section(String title, String content) {
    return "<section>\n<h2>" + Html.escape(title) + "</h2>\n" + content + "</section>\n";
  }

  private static String chartLegend() {
    return "<ul class=\"legend\"><li><i class=\"compute\"></i>as long as the GEMM alone</li>"
        + "<li><i class=\"transfer\"></i>communication: alone, or exposed beyond the GEMM</li>"
        + "<li><i class=\"rule\"></i>speed of light</li></ul>\n";
  }

  private String figures() {
    StringBuilder html = new StringBuilder("<table>\n<thead><tr>");
    for (String head :
        List.of(
            "Strategy",
            "Median µs",
            "p95 µs",
            "gemm µs",
            "comm µs",
            "Exposed µs",
            "E",
            "÷ sol",
            "Speed-up",
            "Max error",
            "Check")) {
      html.append("<th scope=\"col\">").append(head).append("</th>");
    }
    html.append("</tr></thead>\n<tbody>\n");
    Row fastest = best().orElse(null);
    for (Row row : report.rows()) {
      html.append(row.equals(fastest) ? "<tr class=\"best\">" : "<tr>");
      for (String cell :
          List.of(
              row.strategy(),
              Figures.micros(row.median()),
              Figures.micros(row.p95()),
              baseline(row, report.baseline().gemm()),
              baseline(row, report.baseline().comm()),
              Figures.micros(row.exposed()),
              Figures.ratio(row.efficiency()),
              Figures.ratio(row.toSol()),
              Figures.times(row.speedUp()),
              Figures.small(row.maxError()))) {
        html.append("<td>").append(Html.escape(cell)).append("</td>");
      }
      html.append(
          switch (row.status()) {
            case OK -> "<td class=\"ok\">ok</td>";
            case FAILED -> "<td class=\"failed\">FAILED</td>";
            case UNAVAILABLE -> "<td class=\"muted\">unavailable</td>";
          });
      html.append("</tr>\n");
    }
    return html.append("</tbody>\n</table>\n").toString();
  }

  private static String baseline(Row row, double micros) {
    return row.status() == Status.UNAVAILABLE ? Figures.NONE : Figures.micros(micros);
  }

  private String definitions() {
    BenchReport.Baseline base = report.baseline();
    return "<p class=\"muted\">Times are "
        + Html.escape(report.machine().clock())
        + ", median and 95th percentile of "
        + report.problem().iterations()
        + " runs, all subjects taking turns. <b>gemm</b>: fastest unsplit local GEMM ("
        + Html.escape(base.gemmEngine())
        + "; vendor library "
        + Figures.micros(base.gemmVendor())
        + ", tile engine "
        + Figures.micros(base.gemmTile())
        + "). <b>comm</b>: "
        + Html.escape(base.collective())
        + " alone. <b>wire</b>: "
        + Figures.bytes(base.wireBytes())
        + " at "
        + Figures.bandwidth(report.machine().linkBytesPerSecond())
        + " is "
        + Figures.micros(base.wire())
        + " µs. <b>sol</b>, the speed of light: max(gemm, wire). <b>Exposed</b>: median − gemm."
        + " <b>E</b>: 1 − exposed / exposed of sequential.</p>\n"
        + notes();
  }

  private String notes() {
    StringBuilder html = new StringBuilder();
    report
        .notes()
        .forEach(
            note -> html.append("<p class=\"muted\">").append(Html.escape(note)).append("</p>\n"));
    return html.toString();
  }

  private String timelines() {
    if (report.timelines().isEmpty()) {
      return "";
    }
    double longest =
        report.timelines().stream().mapToDouble(BenchReport.Timeline::micros).max().orElse(0);
    StringBuilder html = new StringBuilder(timelineLegend());
    for (BenchReport.Timeline timeline : report.timelines()) {
      html.append("<div class=\"card\">\n<h3>")
          .append(Html.escape(timeline.strategy()))
          .append("<span>")
          .append(Figures.micros(timeline.micros()));
      html.append(" µs in this run, traced</span></h3>\n");
      TimelineSvg svg =
          new TimelineSvg(
              timeline,
              Math.max(longest, report.baseline().gemm()) * 1.01,
              report.baseline().gemm());
      html.append(svg.draw()).append(units(svg)).append("</div>\n");
    }
    return section("Timelines", html.toString());
  }

  private String timelineLegend() {
    Set<String> kinds = new TreeSet<>();
    report
        .timelines()
        .forEach(line -> line.events().forEach(event -> kinds.add(TimelineSvg.kind(event))));
    StringBuilder html = new StringBuilder("<ul class=\"legend\">");
    LEGEND.forEach(
        (kind, words) -> {
          if (kinds.contains(kind)) {
            html.append("<li><i class=\"")
                .append(kind)
                .append(kind.equals("wait") ? " thin" : "")
                .append("\"></i>")
                .append(words)
                .append("</li>");
          }
        });
    return html.append("<li><i class=\"rule\"></i>where the GEMM alone would end</li></ul>\n")
        .toString();
  }

  /** The multiprocessors of each rank, folded but for the rank whose last tile ended last. */
  private static String units(TimelineSvg svg) {
    long last = svg.units().stream().mapToLong(UnitLanes::endNanos).max().orElse(0);
    StringBuilder html = new StringBuilder();
    for (UnitLanes units : svg.units()) {
      html.append(units.endNanos() == last ? "<details open=\"open\">" : "<details>")
          .append("<summary>")
          .append(Html.escape(units.summary()))
          .append("</summary>\n")
          .append(svg.draw(units))
          .append("</details>\n");
    }
    return html.toString();
  }

  private String plans() {
    StringBuilder html = new StringBuilder("<dl class=\"facts\">\n");
    for (Row row : report.rows()) {
      String check =
          row.checked().isEmpty()
              ? ""
              : "Checked: "
                  + row.checked()
                  + (row.repeatable() ? "; the last run gave the same bits as the first." : ".");
      html.append("<dt>").append(Html.escape(row.strategy())).append("</dt><dd>");
      if (!row.problem().isEmpty()) {
        html.append(row.status() == Status.FAILED ? "<span class=\"failed\">" : "<span>")
            .append(Html.escape(row.problem()))
            .append("</span> ");
      }
      html.append(Html.escape(row.explanation()))
          .append("<br/><span class=\"muted\">")
          .append(Html.escape(check))
          .append("</span></dd>\n");
    }
    return html.append("</dl>\n").toString();
  }

  private String machine() {
    BenchReport.Machine machine = report.machine();
    BenchReport.Problem problem = report.problem();
    String speed =
        machine.linkBytesPerSecond() > 0
            ? ", "
                + Figures.bandwidth(machine.linkBytesPerSecond())
                + " ("
                + machine.linkOrigin()
                + ")"
            : "";
    String link =
        machine.linkSimulated()
            ? "SIMULATED: " + machine.linkSpeed() + "; these are not times of a real network"
            : machine.link() + speed;
    return "<dl class=\"facts\">\n"
        + fact("Backend", machine.backend() + ": " + machine.description())
        + fact(
            "Devices",
            summarize(machine.devices()) + (machine.emulated() ? ", emulated in software" : ""))
        + fact("Link", link)
        + fact("System", machine.system() + ", Java " + machine.java())
        + fact("Random data", "seed " + problem.seed() + ", uniform in ±1")
        + "</dl>\n";
  }

  private static String summarize(List<String> devices) {
    return devices.stream().distinct().count() == 1
        ? devices.size() + " × " + devices.get(0)
        : String.join(", ", devices);
  }

  private static String fact(String name, String value) {
    return "<dt>" + Html.escape(name) + "</dt><dd>" + Html.escape(value) + "</dd>\n";
  }

  private static String css() {
    try (InputStream stream = HtmlReport.class.getResourceAsStream("report.css")) {
      if (stream == null) {
        throw new IllegalStateException("the report's style sheet is not in the jar");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the report's style sheet cannot be read", e);
    }
  }
}
