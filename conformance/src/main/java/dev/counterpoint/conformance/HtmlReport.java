package dev.counterpoint.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The report for people: one page without anything from elsewhere, for light and dark screens. */
final class HtmlReport {
  private HtmlReport() {}

  static String render(RunReport report) {
    StringBuilder page = Page.begin("Counterpoint conformance");
    head(page, report);
    failures(page, report);
    rules(page, report);
    skips(page, report);
    return Page.end(page);
  }

  private static void head(StringBuilder page, RunReport report) {
    page.append("<p class=\"soft\">")
        .append(report.full() ? "Full run" : "Smoke run")
        .append(" of ")
        .append(Page.date(report.date()))
        .append(", ")
        .append(String.format(Locale.ROOT, "%.1f s", report.millis() / 1000.0))
        .append(", seed ")
        .append(report.seed())
        .append(", kit ")
        .append(Page.escape(report.kitVersion()))
        .append(", ")
        .append(Page.escape(report.platform()))
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
      page.append("<div class=\"card\"><h3>").append(Page.escape(backend.name())).append("</h3>");
      Page.line(page, "Verdict", backend.verdict());
      Page.line(page, "Backend", backend.description());
      Page.line(page, "Devices", backend.summary());
      Page.line(page, "Versions", join(backend.versions()));
      Page.line(page, "Capabilities", String.join(", ", backend.capabilities()));
      Page.line(
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

  private static void failures(StringBuilder page, RunReport report) {
    List<TestResult> failed =
        report.tests().stream().filter(test -> test.outcome() == Outcome.FAILED).toList();
    if (failed.isEmpty()) {
      return;
    }
    page.append("<h2>Failures</h2>\n<ul class=\"failures\">\n");
    for (TestResult test : failed) {
      page.append("<li><b>")
          .append(Page.escape(test.title()))
          .append("</b><br><code>")
          .append(Page.escape(test.detail()))
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
            .append(Page.escape(chapter))
            .append(
                "</h2>\n<div class=\"wide\"><table><tr><th>Rule</th><th>Level</th><th>Text</th>");
        report
            .backends()
            .forEach(
                backend -> page.append("<th>").append(Page.escape(backend.name())).append("</th>"));
        page.append("</tr>\n");
      }
      page.append("<tr><td class=\"rule\">")
          .append(Page.escape(row.name()))
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
          + Page.escape(row.untestable())
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
    cell.reasons()
        .forEach(reason -> list.append("<li>").append(Page.escape(reason)).append("</li>"));
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
          .append(Page.escape(test.backend()))
          .append("</td><td>")
          .append(Page.escape(test.title()))
          .append("</td><td>");
      page.append(Page.escape(test.detail())).append("</td></tr>\n");
    }
    page.append("</table></div>\n");
  }

  /** Text of the specification: code in backticks, bold in asterisks. */
  private static String inline(String text) {
    return Page.escape(text)
        .replaceAll("`([^`]+)`", "<code>$1</code>")
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<b>$1</b>");
  }
}
