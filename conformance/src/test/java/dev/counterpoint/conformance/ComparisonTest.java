package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Strategy;
import dev.counterpoint.conformance.ComparisonReport.Row;
import dev.counterpoint.conformance.ComparisonReport.Status;
import dev.counterpoint.conformance.ComparisonReport.Values;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.core.BackendRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final ConformanceTarget HOST = RegistryTarget.find("host", Map.of());

  private static ComparisonReport compare(ConformanceTarget other, OperatorCase... cases) {
    return Comparison.run(
        Options.of("host").withRanks(Set.of(2)),
        List.of(HOST, other),
        List.of(),
        List.of(cases),
        BrokenBackendsTest.SILENT);
  }

  private static OperatorCase allReduce() {
    return OperatorCase.of(OperatorCase.Kind.AR, 9, 8, 7).strategy(Strategy.SEQUENTIAL);
  }

  @Test
  @Timeout(120)
  void twoInstancesOfOneBackendAgreeAndTheReportSaysSo(@TempDir Path directory) throws IOException {
    List<String> answers = new ArrayList<>();
    ComparisonReport report =
        Comparison.run(
            Options.of("host,host")
                .withProperties(Map.of("host.threads", "1", "2:host.threads", "3"))
                .withReport(directory),
            new ConformanceRunner.ProgressListener() {
              @Override
              public void started(int total) {}

              @Override
              public void finished(String test, String outcome) {
                answers.add(outcome);
              }
            });
    assertThat(answers).containsOnly("result");
    assertThat(report.backends())
        .extracting(ComparisonReport.Subject::name)
        .containsExactly("host#1", "host#2");
    assertThat(report.backends().get(0).description()).contains("1 thread each");
    assertThat(report.backends().get(1).description()).contains("3 threads each");
    assertThat(report.rows()).filteredOn(row -> row.status() != Status.AGREE).isEmpty();
    for (Values values : Values.values()) {
      assertThat(report.rows()).anyMatch(row -> row.values() == values && row.elements() > 0);
    }
    assertThat(report.rows())
        .filteredOn(row -> row.values() == Values.REALS)
        .allMatch(row -> row.bound() > 0 && row.bound() < 0.1 && row.ofBound() <= 1);
    assertThat(Files.readString(directory.resolve("comparison.html")))
        .contains("host#2", "312 agree".replace("312", Integer.toString(report.rows().size())))
        .doesNotContain("http://", "https://", "<script");
  }

  @Test
  void aWrongElementIsADifferenceWithBothValues() {
    for (boolean reals : new boolean[] {true, false}) {
      OperatorCase shape = reals ? allReduce().reals() : allReduce();
      ComparisonReport report =
          compare(SpoiledHost.wrong("allReduce", 0, Integer.MAX_VALUE), shape);
      Row row = report.rows().get(0);
      assertThat(row.status()).isEqualTo(Status.DIFFER);
      assertThat(row.unequal()).isOne();
      assertThat(row.elements()).isEqualTo(2 * 9 * 8);
      assertThat(row.difference()).isGreaterThan(row.bound());
      assertThat(row.problem())
          .contains("rank 1, element [0, 0]: host has ", "wrong has 12.07", "exact is ");
    }
  }

  @Test
  void aDifferenceWithinTheBoundIsMeasured() {
    ConformanceTarget nudged =
        SpoiledHost.target(
            "nudged",
            raw ->
                Spoiling.replacing(
                    raw,
                    "collectives",
                    dev.counterpoint.spi.Collectives.class,
                    (method, a, call) -> {
                      Object result = call.with(a);
                      if (method.equals("allReduce")) {
                        var memory = (dev.counterpoint.spi.DeviceMemory) a[3];
                        raw.transfers()
                            .fill(
                                (dev.counterpoint.spi.Stream) a[0],
                                memory,
                                (long) a[4],
                                1,
                                (byte) 0x55);
                      }
                      return result;
                    }));
    // The lowest byte of an FP32 number is worth at most 255 of its units in the last place, which
    // a sum of 4000 terms may be off by.
    Row row =
        compare(
                nudged,
                OperatorCase.of(OperatorCase.Kind.AR, 4, 4, 4000)
                    .strategy(Strategy.SEQUENTIAL)
                    .reals())
            .rows()
            .get(0);
    assertThat(row.status()).isEqualTo(Status.AGREE);
    assertThat(row.unequal()).isBetween(1L, 2L);
    assertThat(row.difference()).isPositive().isLessThan(row.bound());
    assertThat(row.ofBound())
        .as("each of the three is rounded")
        .isCloseTo(row.difference() / row.bound(), withinPercentage(1e-12));
  }

  @Test
  void whatOneOfThemCannotDoIsSkippedWithTheReason() {
    ConformanceTarget lean =
        new BrokenBackendsTest.Target(
            "lean", LeanProvider.over(BackendRegistry.load().select("host")));
    ComparisonReport report =
        compare(
            lean,
            OperatorCase.of(OperatorCase.Kind.RS, 8, 8, 8).strategy(Strategy.FUSED),
            OperatorCase.of(OperatorCase.Kind.RS, 8, 8, 8)
                .types(DType.FP8_E4M3, DType.BF16)
                .strategy(Strategy.SEQUENTIAL),
            allReduce());
    assertThat(report.rows())
        .extracting(Row::status)
        .containsExactly(Status.SKIPPED, Status.SKIPPED, Status.AGREE);
    assertThat(report.rows().get(0).problem()).startsWith("'lean' lacks ");
    assertThat(report.rows().get(1).problem())
        .isEqualTo("'lean' does not multiply FP8_E4M3 to BF16");
  }

  @Test
  void aBackendThatIsNotHereIsNamedAndLeftOut() {
    ComparisonReport report =
        Comparison.run(
            Options.of("host,abacus,host").withRanks(Set.of(1)), BrokenBackendsTest.SILENT);
    assertThat(report.backends()).hasSize(2);
    assertThat(report.missing()).containsOnlyKeys("abacus");
    assertThat(report.missing().get("abacus")).contains("not on the class path, which has host");
    assertThatThrownBy(() -> Comparison.run(Options.of("host,abacus"), BrokenBackendsTest.SILENT))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("only 'host' can run here; abacus: unavailable: ");
    assertThatThrownBy(() -> Comparison.run(Options.of("host"), BrokenBackendsTest.SILENT))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("two backends or more");
  }
}
