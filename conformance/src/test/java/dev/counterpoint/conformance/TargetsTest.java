package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.conformance.ConformanceRunner.Options;
import dev.counterpoint.spi.Backend;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TargetsTest {
  private static Set<String> variants(Options options) {
    return ConformanceRunner.run(options, BrokenBackendsTest.SILENT).results().stream()
        .filter(result -> result.outcome() != Outcome.SKIPPED)
        .map(TestResult::variant)
        .collect(Collectors.toSet());
  }

  private static void refused(Options options, String sentence) {
    assertThatThrownBy(() -> ConformanceRunner.run(options, BrokenBackendsTest.SILENT))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void backendsNamedTwiceAreToldApartAndHaveSettingsOfTheirOwn() {
    List<ConformanceTarget> targets =
        new Targets("host, host", Map.of("host.threads", "2", "2:host.panels", "0")).all();
    assertThat(targets).extracting(ConformanceTarget::name).containsExactly("host#1", "host#2");
    assertThat(targets.get(0).properties()).isEqualTo(Map.of("host.threads", "2"));
    assertThat(targets.get(1).properties())
        .isEqualTo(Map.of("host.threads", "2", "host.panels", "0"));
  }

  @Test
  void aRegisteredTargetKeepsItsSettingsUnderThoseOfTheUser() {
    ConformanceTarget target = new Targets("registered", Map.of("host.threads", "3")).all().get(0);
    assertThat(target.properties()).isEqualTo(Map.of("host.threads", "3", "host.panels", "0"));
    assertThat(target.mostRanks()).isEqualTo(4);
    try (Backend backend = target.open(2, target.waitTimeout(), Map.of())) {
      assertThat(backend.description()).contains("3 threads each");
    }
  }

  @Test
  void aSettingThatIsRefusedIsSoBeforeAnyTest() {
    refused(Options.of("host").withProperties(Map.of("host.threads", "many")), "host.threads");
    refused(Options.of("host").withProperties(Map.of("host.colour", "red")), "host.colour");
    refused(
        Options.of("host").withProperties(Map.of("2:host.threads", "1")),
        "begin with the number of a backend, 1 to 1");
  }

  @Test
  void worldsAreOfTheSizesAskedFor() {
    Options one =
        Options.of("host").withOnly(Set.of("launchesNeedNoHostInBetweenAndRanksMayDrift"));
    assertThat(variants(one.withRanks(Set.of(4, 2))))
        .containsExactlyInAnyOrder("2 ranks", "4 ranks", "4 ranks, chaos");
    refused(one.withRanks(Set.of(0)), "ranks is 0; it must be at least 1");
    refused(
        Options.of("registered").withRanks(Set.of(5)),
        "ranks is 5; it must be 1 to 4, the most that backend 'registered' has devices for");
  }

  @Test
  void delaysAreWhereTheyAreAskedFor() {
    Options one =
        Options.of("host")
            .withOnly(Set.of("severalPlansInFlightDoNotDisturbEachOther"))
            .withRanks(Set.of(2));
    assertThat(variants(one)).containsExactlyInAnyOrder("2 ranks", "2 ranks, chaos");
    assertThat(variants(one.withChaos(Chaos.OFF))).containsExactly("2 ranks");
    assertThat(variants(one.withChaos(Chaos.INSTEAD))).containsExactly("2 ranks, chaos");
    Options more = one.withOnly(Set.of("differentOperandsAtEachLaunchAreKeptApart"));
    assertThat(variants(more.withRanks(Set.of(2, 3)).withChaos(Chaos.everywhere(5))))
        .contains("2 ranks, chaos", "3 ranks, chaos");
    refused(
        Options.of("registered").withChaos(Chaos.everywhere(5)),
        "backend 'registered' cannot delay its work at random");
    assertThatThrownBy(() -> Chaos.parse("much"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("be a seed, which is an integer, or off");
  }

  @Test
  void testsAreChosenByRulePartClassAndName() {
    assertThat(new Selection(Set.of("GEMM-1")).tests()).isNotEmpty();
    assertThat(new Selection(Set.of("GraphReplayRules")).tests())
        .isEqualTo(Chapters.tests(GraphReplayRules.class));
    assertThat(new Selection(Set.of("longSumsStayWithinTheBound")).tests()).hasSize(1);
    assertThat(new Selection(Set.of()).tests()).isEqualTo(Chapters.tests());
  }

  @Test
  void onlyAWholeFullRunMayCallABackendConformant() {
    Options one = Options.of("host").withFull(true).withOnly(Set.of("MEM-5"));
    assertThat(ConformanceRunner.run(one, BrokenBackendsTest.SILENT).verdicts())
        .containsEntry("host", "passed as far as it was asked for, which was MEM-5");
  }
}
