package dev.counterpoint.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.counterpoint.core.WholeFile;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes a run as HTML for people, JSON for programs and JUnit XML for build servers. */
final class Reports {
  private Reports() {}

  /** Writes all three; returns the page for people. */
  static Path write(RunReport report, Path directory) {
    try {
      Files.createDirectories(directory);
      Path page = directory.resolve("conformance.html");
      WholeFile.write(page, HtmlReport.render(report));
      WholeFile.write(directory.resolve("conformance.json"), json(json(report)));
      for (RunReport.BackendInfo backend : report.backends()) {
        String name = backend.name().replaceAll("[^A-Za-z0-9._-]", "-");
        WholeFile.write(
            directory.resolve("TEST-conformance-" + name + ".xml"), xml(report, backend.name()));
      }
      return page;
    } catch (IOException e) {
      throw new UncheckedIOException("the reports could not be written to " + directory, e);
    }
  }

  /** Any value as indented JSON. */
  static String json(Object value) {
    try {
      return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value)
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report cannot be written as JSON", e);
    }
  }

  private static Map<String, Object> json(RunReport report) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("date", report.date().toString());
    root.put("millis", report.millis());
    root.put("mode", report.full() ? "full" : "smoke");
    root.put("seed", report.seed());
    root.put("kit", report.kitVersion());
    root.put("platform", report.platform());
    root.put("passed", report.count(Outcome.PASSED));
    root.put("failed", report.count(Outcome.FAILED));
    root.put("skipped", report.count(Outcome.SKIPPED));
    root.put("backends", report.backends());
    root.put("rules", report.rules().stream().map(row -> rule(report, row)).toList());
    root.put("tests", report.tests().stream().map(Reports::test).toList());
    return root;
  }

  private static Map<String, Object> rule(RunReport report, RunReport.RuleRow row) {
    Map<String, Object> rule = new LinkedHashMap<>();
    rule.put("rule", row.name());
    rule.put("level", row.must() ? "MUST" : "SHOULD");
    rule.put("chapter", row.chapter());
    rule.put("text", row.text());
    if (!row.untestable().isEmpty()) {
      rule.put("untestable", row.untestable());
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    for (int i = 0; i < report.backends().size(); i++) {
      RunReport.Cell cell = row.cells().get(i);
      Map<String, Object> column = new LinkedHashMap<>();
      column.put("status", cell.status());
      column.put("passed", cell.passed());
      column.put("failed", cell.failed());
      column.put("skipped", cell.skipped());
      column.put("reasons", cell.reasons());
      columns.put(report.backends().get(i).name(), column);
    }
    rule.put("backends", columns);
    return rule;
  }

  private static Map<String, Object> test(TestResult test) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("backend", test.backend());
    entry.put("chapter", test.chapter());
    entry.put("test", Chapters.sentence(test.name()));
    entry.put("name", test.name());
    entry.put("variant", test.variant());
    entry.put("rules", test.rules());
    entry.put("outcome", test.outcome().word());
    entry.put("detail", test.detail());
    entry.put("millis", test.millis());
    return entry;
  }

  private static String xml(RunReport report, String backend) {
    List<TestResult> tests =
        report.tests().stream().filter(test -> test.backend().equals(backend)).toList();
    StringWriter writer = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(writer);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", "counterpoint conformance of " + backend);
      xml.writeAttribute("tests", Integer.toString(tests.size()));
      xml.writeAttribute(
          "failures",
          Long.toString(tests.stream().filter(t -> t.outcome() == Outcome.FAILED).count()));
      xml.writeAttribute(
          "skipped",
          Long.toString(tests.stream().filter(t -> t.outcome() == Outcome.SKIPPED).count()));
      xml.writeAttribute("time", seconds(report.millis()));
      xml.writeAttribute("timestamp", report.date().toString());
      for (TestResult test : tests) {
        writeTest(xml, test);
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("a report cannot be written as XML", e);
    }
    return writer.toString();
  }

  private static void writeTest(XMLStreamWriter xml, TestResult test) throws XMLStreamException {
    xml.writeStartElement("testcase");
    xml.writeAttribute(
        "classname",
        "conformance." + test.backend() + "." + test.chapter().replaceAll("[^A-Za-z]+", "-"));
    xml.writeAttribute(
        "name", test.rules() + " " + Chapters.sentence(test.name()) + " [" + test.variant() + "]");
    xml.writeAttribute("time", seconds(test.millis()));
    if (test.outcome() != Outcome.PASSED) {
      xml.writeStartElement(test.outcome() == Outcome.FAILED ? "failure" : "skipped");
      xml.writeAttribute("message", clean(test.detail()));
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.3f", millis / 1000.0);
  }

  /** Characters that XML cannot carry are replaced. */
  private static String clean(String text) {
    return text.replaceAll("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD]", "\uFFFD");
  }
}
