package dev.counterpoint.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {
  private final BenchReport report = SampleReport.create();

  @Test
  void tableIsAlignedAndSaysWhatFailed() {
    List<String> lines =
        new Table("name", "value", "<note")
            .row(List.of("a", "1", "x"))
            .row(List.of("long name", "1000"))
            .lines();
    assertThat(lines)
        .containsExactly(
            "name       value  note", //
            "─────────  ─────  ────",
            "a              1  x",
            "long name   1000");
  }

  @Test
  void textShowsEveryFigureAndLabelsWhatIsSimulated() {
    List<String> lines = TextReport.lines(report);
    assertThat(lines).anyMatch(line -> line.startsWith("SIMULATED link"));
    assertThat(lines).anyMatch(line -> line.contains("[emulated devices]"));
    assertThat(lines)
        .anySatisfy(
            line ->
                assertThat(line.split("\\s{2,}"))
                    .containsExactly(
                        "decomposed",
                        "1,300",
                        "1,430",
                        "1,000",
                        "600.0",
                        "300.0",
                        "0.50",
                        "1.30",
                        "1.23×",
                        "1.5e-06",
                        "ok"));
    assertThat(lines)
        .anySatisfy(line -> assertThat(line).startsWith("signaled").endsWith("FAILED"));
    assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("fused: backend 'host'"));
  }

  @Test
  void jsonComesBackAsItWas() throws Exception {
    BenchReport back = JsonReport.read(JsonReport.write(report));
    BenchReport expected =
        new BenchReport(
            report.operator(),
            report.title(),
            report.layer(),
            report.problem(),
            report.machine(),
            report.baseline(),
            report.rows(),
            List.of(),
            report.notes());
    assertThat(back).isEqualTo(expected);
  }

  @Test
  void numbersThatDoNotExistAreNullInJson() throws Exception {
    JsonNode fused = new ObjectMapper().readTree(JsonReport.write(report)).get("rows").get(3);
    assertThat(fused.get("median").isNull()).isTrue();
    assertThat(fused.get("status").asText()).isEqualTo("UNAVAILABLE");
  }

  @Test
  void csvHasOneCompleteLinePerStrategy() {
    String[] lines = CsvReport.write(report).split("\r\n");
    assertThat(lines).hasSize(5);
    int columns = lines[0].split(",", -1).length;
    assertThat(lines).allSatisfy(line -> assertThat(line.split(",", -1)).hasSize(columns));
    assertThat(lines[2].split(",", -1)).contains("decomposed", "1300.0", "true", "4.0E10");
    assertThat(lines[4].split(",", -1)).contains("UNAVAILABLE", "");
  }

  @Test
  void csvQuotesWhatNeedsIt() {
    BenchReport odd =
        new BenchReport(
            "a\"b",
            "t",
            "x, y",
            report.problem(),
            report.machine(),
            report.baseline(),
            report.rows(),
            List.of(),
            List.of());
    assertThat(CsvReport.write(odd)).contains("\"a\"\"b\",\"x, y\",1024");
  }

  @Test
  void pageIsWellFormedAndNeedsNothingElse() throws Exception {
    String page = HtmlReport.write(report);
    Document document = parse(page);
    NodeList all = document.getElementsByTagName("*");
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      assertThat(element.getTagName())
          .isNotIn("script", "link", "img", "iframe", "object", "embed");
      assertThat(element.hasAttribute("src") || element.hasAttribute("href")).isFalse();
    }
    assertThat(page)
        .doesNotContain("url(")
        .doesNotContain("@import")
        .doesNotContain("http:")
        .doesNotContain("https:");
  }

  @Test
  void pageShowsTableChartTimelinesAndCaveats() throws Exception {
    String page = HtmlReport.write(report);
    Document document = parse(page);
    assertThat(document.getElementsByTagName("svg").getLength()).isEqualTo(3);
    assertThat(document.getElementsByTagName("tr").getLength()).isEqualTo(5);
    assertThat(page)
        .contains(
            "simulated link: 40 GB/s, 5 µs",
            "emulated devices",
            "a result is wrong",
            "FAILED",
            "prefers-color-scheme: dark");
    assertThat(page)
        .contains("MLP gate &amp; up &lt;projections&gt;")
        .doesNotContain("<projections>");
    assertThat(page).contains("put → 2", "aria-label=\"Timeline of decomposed");
  }

  @Test
  void traceHasASpanForEveryEventAndNamesEveryLane() throws Exception {
    JsonNode events = new ObjectMapper().readTree(ChromeTrace.write(report)).get("traceEvents");
    int spans = 0;
    for (JsonNode event : events) {
      if (event.get("ph").asText().equals("X")) {
        spans++;
        assertThat(event.get("ts").asDouble()).isBetween(0.0, 1600.0);
        assertThat(event.get("dur").asDouble()).isPositive();
      }
    }
    assertThat(spans)
        .isEqualTo(
            report.timelines().stream().mapToInt(timeline -> timeline.events().size()).sum());
    assertThat(events.findValuesAsText("name"))
        .contains("process_name", "thread_name", "all-gather", "tile 39");
    assertThat(events.toString()).contains("decomposed · rank 3");
  }

  private static Document parse(String page) throws Exception {
    String xml = page.replaceFirst("<!DOCTYPE html>\n", "");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }
}
