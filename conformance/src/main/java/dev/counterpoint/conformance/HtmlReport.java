package dev.counterpoint.conformance;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The report for people: one page without anything from elsewhere, for light and dark screens. */
final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --fg: #1c2128; --soft: #59636e; --bg: #ffffff; --card: #f6f8fa; --line: #d8dee4;
              --good: #1a7f37; --bad: #c4232b; --skip: #9a6700; }
      @media (prefers-color-scheme: dark) {
        :root { --fg: #e6edf3; --soft: #9198a1; --bg: #0d1117; --card: #161b22; --line: #30363d;
                --good: #3fb950; --bad: #f85149; --skip: #d29922; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; max-width: 72rem; padding: 2rem 1rem 4rem; background: var(--bg); color: var(--fg);
             font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
      .soft { color: var(--soft); } code { font: 13px/1.4 ui-monospace, monospace; }
      .cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0; }
      .card { flex: 1 1 20rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1.1rem; }
      .card h3 { margin: 0 0 .3rem; font-size: 1rem; } .card p { margin: .2rem 0; }
      table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
      th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
      th { font-weight: 600; color: var(--soft); font-size: .85rem; } td.rule { white-space: nowrap; font-weight: 600; }
      td.cell { min-width: 8rem; }
      .passed { color: var(--good); } .failed { color: var(--bad); font-weight: 600; } .skipped, .none { color: var(--skip); }
      details { margin: .15rem 0; } summary { cursor: pointer; } li { margin: .2rem 0; overflow-wrap: anywhere; }
      .failures li { border-left: 3px solid var(--bad); padding-left: .7rem; list-style: none; margin: .6rem 0; }
      .failures { padding: 0; }
      """;

  private HtmlReport() {}

  static String render(RunReport report) {
    StringBuilder page = new StringBuilder(1 << 16);
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>Counterpoint conformance</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n");
    head(page, report);
    failures(page, report);
    rules(page, report);
    skips(page, report);
    return page.append("</body></html>\n").toString();
  }

  private static void head(StringBuilder page, RunReport report) {
    String date =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(report.date());
    page.append("<h1>Counterpoint conformance</h1>\n<p class=\"soft\">")
        .append(report.full() ? "Full run" : "Smoke run")
        .append(" of ")
        .append(date)
        .append(", ")
        .append(String.format(Locale.ROOT, "%.1f s", report.millis() / 1000.0))
        .append(", seed ")
        .append(report.seed())
        .append(", kit ")
        .append(escape(report.kitVersion()))
        .append(", ")
        .append(escape(report.platform()))
        .append("</p>\n");
    page.append("<p><span class=\"passed\">")
        .append(report.count(Outcome.PASSED))
        .append(" passed</span>, <span class=\"")
        .append(report.count(Outcome.FAILED) == 0 ? "soft" : "failed")
        .append("\">")
        .append(report.count(Outcome.FAILED))
        .append(" failed</span>, <span class=\"skipped\">")
        .append(report.count(Outcome.SKIPPED))
        .append(" skipped</span></p>\n<div class=\"cards\">\n");
    for (RunReport.BackendInfo backend : report.backends()) {
      page.append("<div class=\"card\"><h3>").append(escape(backend.name())).append("</h3>");
      line(page, "Verdict", backend.verdict());
      line(page, "Backend", backend.description());
      line(page, "Devices", backend.summary());
      line(page, "Versions", join(backend.versions()));
      line(page, "Capabilities", String.join(", ", backend.capabilities()));
      line(
          page,
          "Worlds of",
          backend.worlds().stream().map(String::valueOf).collect(Collectors.joining(", "))
              + " ranks");
      page.append("</div>\n");
    }
    page.append("</div>\n");
  }

  private static String join(Map<String, String> values) {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static void line(StringBuilder page, String name, String value) {
    if (!value.isBlank()) {
      page.append("<p><span class=\"soft\">")
          .append(name)
          .append(":</span> ")
          .append(escape(value))
          .append("</p>");
    }
  }

  private static void failures(StringBuilder page, RunReport report) {
    List<TestResult> failed =
        report.tests().stream().filter(test -> test.outcome() == Outcome.FAILED).toList();
    if (failed.isEmpty()) {
      return;
    }
    page.append("<h2>Failures</h2>\n<ul class=\"failures\">\n");
    for (TestResult test : failed) {
      page.append("<li><b>")
          .append(escape(test.title()))
          .append("</b><br><code>")
          .append(escape(test.detail()))
          .append("</code></li>\n");
    }
    page.append("</ul>\n");
  }

  private static void rules(StringBuilder page, RunReport report) {
    String chapter = "";
    for (RunReport.RuleRow row : report.rules()) {
      if (!row.chapter().equals(chapter)) {
        page.append(chapter.isEmpty() ? "" : "</table></div>\n");
        chapter = row.chapter();
        page.append("<h2>")
            .append(escape(chapter))
            .append(
                "</h2>\n<div class=\"wide\"><table><tr><th>Rule</th><th>Level</th><th>Text</th>");
        report
            .backends()
            .forEach(backend -> page.append("<th>").append(escape(backend.name())).append("</th>"));
        page.append("</tr>\n");
      }
      page.append("<tr><td class=\"rule\">")
          .append(row.name())
          .append("</td><td class=\"soft\">")
          .append(row.must() ? "MUST" : "SHOULD");
      page.append("</td><td>").append(inline(row.text())).append("</td>");
      for (RunReport.Cell cell : row.cells()) {
        page.append("<td class=\"cell\">").append(cell(row, cell)).append("</td>");
      }
      page.append("</tr>\n");
    }
    page.append(chapter.isEmpty() ? "" : "</table></div>\n");
  }

  private static String cell(RunReport.RuleRow row, RunReport.Cell cell) {
    if (!row.untestable().isEmpty()) {
      return "<details><summary class=\"soft\">not testable</summary>"
          + escape(row.untestable())
          + "</details>";
    }
    List<String> parts = new ArrayList<>();
    if (cell.passed() > 0) {
      parts.add(cell.passed() + " passed");
    }
    if (cell.failed() > 0) {
      parts.add(cell.failed() + " failed");
    }
    if (cell.skipped() > 0) {
      parts.add(cell.skipped() + " skipped");
    }
    String text = parts.isEmpty() ? "not run" : String.join(", ", parts);
    String mark = "<span class=\"" + cell.status() + "\">" + text + "</span>";
    if (cell.reasons().isEmpty()) {
      return mark;
    }
    StringBuilder list =
        new StringBuilder("<details><summary>").append(mark).append("</summary><ul>");
    cell.reasons().forEach(reason -> list.append("<li>").append(escape(reason)).append("</li>"));
    return list.append("</ul></details>").toString();
  }

  private static void skips(StringBuilder page, RunReport report) {
    List<TestResult> skipped =
        report.tests().stream().filter(test -> test.outcome() == Outcome.SKIPPED).toList();
    if (skipped.isEmpty()) {
      return;
    }
    page.append(
        "<h2>Skipped, and why</h2>\n<div class=\"wide\"><table><tr><th>Backend</th><th>Test</th><th>Reason</th></tr>\n");
    for (TestResult test : skipped) {
      page.append("<tr><td>")
          .append(escape(test.backend()))
          .append("</td><td>")
          .append(escape(test.title()))
          .append("</td><td>");
      page.append(escape(test.detail())).append("</td></tr>\n");
    }
    page.append("</table></div>\n");
  }

  /** Text of the specification: code in backticks, bold in asterisks. */
  private static String inline(String text) {
    return escape(text)
        .replaceAll("`([^`]+)`", "<code>$1</code>")
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<b>$1</b>");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
