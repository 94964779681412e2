package dev.counterpoint.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.report.BenchReport.Timeline;
import dev.counterpoint.spi.TraceEvent;
import dev.counterpoint.spi.TraceEvent.Kind;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

  /** As eight H200s would leave it behind: 132 multiprocessors, 14 tiles each. */
  @Test
  void everyMultiprocessorHasALaneAndThousandsOfTilesStayASmallPage() throws Exception {
    List<TraceEvent> events = new ArrayList<>();
    for (int rank = 0; rank < 8; rank++) {
      events.add(tiled(rank, "main", Kind.COMPUTE, "tile gemm", 0, 1500));
      for (int unit = 0; unit < 132; unit++) {
        for (int tile = 0; tile < 14; tile++) {
          String name = "tile " + (unit + 132 * tile);
          int at = 100 * tile + unit % 7 + 2 * rank;
          events.add(tiled(rank, "SM " + unit, Kind.WAIT, "gate of " + name, at, at + 10));
          events.add(tiled(rank, "SM " + unit, Kind.COMPUTE, name, at + 10, at + 90));
          events.add(tiled(rank, "SM " + unit, Kind.OTHER, "store of " + name, at + 80, at + 90));
          events.add(tiled(rank, "SM " + unit, Kind.OTHER, "post of " + name, at + 90, at + 92));
        }
      }
    }
    String page = HtmlReport.write(report.withTimelines(List.of(new Timeline("fused", events))));
    assertThat(page.length()).isLessThan(3_000_000);
    Document document = parse(page);
    NodeList ranks = document.getElementsByTagName("details");
    assertThat(ranks.getLength()).isEqualTo(8);
    for (int i = 0; i < 8; i++) {
      Element rank = (Element) ranks.item(i);
      assertThat(rank.getElementsByTagName("summary").item(0).getTextContent())
          .isEqualTo(
              "rank "
                  + i
                  + ": 132 × SM, 1848 tiles; of their time 70 % computing, 10 % storing, 10 %"
                  + " waiting at gates");
      assertThat(rank.hasAttribute("open")).isEqualTo(i == 7);
      assertThat(spans(rank)).containsExactly(1848, 1848, 1848, 1848);
    }
    assertThat(page).contains("<title>store of tile 0\n", "<title>gate of tile 0\n", ">SM 128<");
    assertThat(page.indexOf(">SM 16<")).isLessThan(page.indexOf(">SM 112<"));
  }

  private static TraceEvent tiled(int rank, String lane, Kind kind, String name, int from, int to) {
    return new TraceEvent(rank, lane, kind, name, "gemm", from * 1000L, to * 1000L);
  }

  /** Gates, tiles, stores and posts that are drawn, one by one or as steps of a path. */
  private static List<Integer> spans(Element rank) {
    Map<String, Integer> counts = new HashMap<>();
    for (String tag : List.of("rect", "path")) {
      NodeList shapes = rank.getElementsByTagName(tag);
      for (int i = 0; i < shapes.getLength(); i++) {
        Element shape = (Element) shapes.item(i);
        long steps = shape.getAttribute("d").chars().filter(c -> c == 'M').count();
        counts.merge(
            shape.getAttribute("class").replace("-line", ""),
            tag.equals("rect") ? 1 : (int) steps,
            Integer::sum);
      }
    }
    return Stream.of("gate", "compute", "store", "post").map(counts::get).toList();
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
