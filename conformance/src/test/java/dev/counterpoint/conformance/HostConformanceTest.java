package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.InvalidArgumentException;
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
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The host backend passes the kit, and the runner reports what happened. */
class HostConformanceTest {
  @Test
  @Timeout(600)
  void theHostBackendPassesASmokeRun(@TempDir Path directory) throws IOException {
    List<String> finished = new ArrayList<>();
    int[] announced = {0};
    var listener =
        new ConformanceRunner.ProgressListener() {
          @Override
          public void started(int total) {
            announced[0] = total;
          }

          @Override
          public void finished(String test, String outcome) {
            finished.add(outcome + " " + test);
          }
        };
    var options =
        ConformanceRunner.Options.of("host")
            .withFull(Boolean.getBoolean(Session.FULL))
            .withSeed(42)
            .withReport(directory);
    ConformanceRunner.Summary summary = ConformanceRunner.run(options, listener);
    assertThat(summary.failures()).isEmpty();
    assertThat(finished).hasSize(announced[0]);
    assertThat(summary.passed() + summary.skipped()).isEqualTo(announced[0]);
    checkReports(summary, directory);
  }

  private static void checkReports(ConformanceRunner.Summary summary, Path directory)
      throws IOException {
    assertThat(summary.report()).isEqualTo(directory.resolve("conformance.html"));
    String page = Files.readString(directory.resolve("conformance.html"));
    assertThat(page)
        .contains("XFER-3", "Smoke run", "seed 42", "not testable")
        .doesNotContain("http://", "https://", "<script");
    JsonNode json = new ObjectMapper().readTree(directory.resolve("conformance.json").toFile());
    assertThat(json.path("passed").asInt()).isEqualTo(summary.passed());
    assertThat(json.path("backends").path(0).path("verdict").asText()).contains("only a full run");
    for (JsonNode rule : json.path("rules")) {
      JsonNode cell = rule.path("backends").path("host");
      boolean explained = !cell.path("status").asText().equals("none") || rule.has("untestable");
      assertThat(explained)
          .as("rule %s was run or has a reason", rule.path("rule").asText())
          .isTrue();
    }
    for (JsonNode test : json.path("tests")) {
      if (test.path("outcome").asText().equals("skipped")) {
        assertThat(test.path("detail").asText()).as("reason of a skip").isNotBlank();
      }
    }
    assertThat(Files.readString(directory.resolve("TEST-conformance-host.xml")))
        .contains("<testsuite", "failures=\"0\"");
  }

  @Test
  void someRulesCanBeRunAlone(@TempDir Path directory) throws IOException {
    ConformanceRunner.Summary summary =
        ConformanceRunner.run(
            ConformanceRunner.Options.of("host")
                .withFull(true)
                .withOnly(Set.of("MEM-5", "CAP"))
                .withReport(directory),
            BrokenBackendsTest.SILENT);
    assertThat(summary.failures()).isEmpty();
    assertThat(summary.passed()).isPositive();
    JsonNode json = new ObjectMapper().readTree(directory.resolve("conformance.json").toFile());
    assertThat(json.path("tests"))
        .allMatch(test -> test.path("rules").toString().matches(".*(MEM-5|CAP-).*"));
    assertThat(json.path("backends").path(0).path("verdict").asText())
        .isEqualTo("passed as far as it was asked for, which was CAP, MEM-5");
    assertThatThrownBy(
            () ->
                ConformanceRunner.run(
                    ConformanceRunner.Options.of("host").withOnly(Set.of("GEMM-99")),
                    BrokenBackendsTest.SILENT))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("GEMM-99");
  }

  @Test
  void worldsHaveNoMoreRanksThanThereAreDevicesOrNamesOfDevices() {
    assertThat(RegistryTarget.places("x", Map.of(), 3)).isEqualTo(3);
    assertThat(RegistryTarget.places("x", Map.of("x.devices", "0,0,0,0"), 1)).isEqualTo(4);
    assertThat(RegistryTarget.rankCounts(true, 1)).containsExactly(1);
    assertThat(RegistryTarget.rankCounts(false, 6)).contains(1, 2, 6).doesNotContain(8);
  }

  @Test
  void anyJUnitBuildCanRunTheKitByAProperty() {
    EngineTestKit.engine("junit-jupiter")
        .selectors(DiscoverySelectors.selectClass(MemoryRules.class))
        .configurationParameter(Session.BACKEND, "host")
        .configurationParameter(Session.SEED, "5")
        .configurationParameter(Session.PROPERTIES, "host.threads=1")
        .execute()
        .testEvents()
        .assertStatistics(
            events ->
                events
                    .failed(0)
                    .started(
                        Chapters.tests(MemoryRules.class).stream()
                            .mapToInt(test -> variants(test))
                            .sum()));
  }

  private static int variants(java.lang.reflect.Method test) {
    return Variant.of(test, new Session(RegistryTarget.find("host", Map.of()), false, 5)).size();
  }
}
