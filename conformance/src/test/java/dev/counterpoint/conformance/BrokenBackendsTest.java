package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kit notices each way to be wrong that {@link Flaw} knows, and says which rule was broken. */
class BrokenBackendsTest {
  private static final BackendProvider HOST = BackendRegistry.load().select("host");

  /** Reports nothing to nobody. */
  static final ConformanceRunner.ProgressListener SILENT =
      new ConformanceRunner.ProgressListener() {
        @Override
        public void started(int total) {}

        @Override
        public void finished(String test, String outcome) {}
      };

  record Target(String name, BackendProvider provider) implements ConformanceTarget {
    @Override
    public List<Integer> rankCounts(boolean full) {
      return List.of(1, 2, 3);
    }

    @Override
    public Duration waitTimeout() {
      return Duration.ofMillis(1500);
    }

    @Override
    public Duration shortTimeout() {
      return Duration.ofMillis(300);
    }
  }

  static ConformanceRunner.Summary run(ConformanceTarget target, Set<String> tests) {
    var options = ConformanceRunner.Options.of(target.name()).withSeed(7);
    return ConformanceRunner.run(options, List.of(target), new Selection(tests).tests(), SILENT);
  }

  static List<Flaw> flaws() {
    return Flaw.all();
  }

  @ParameterizedTest
  @MethodSource("flaws")
  void theKitNoticesTheFlawAndNamesTheRule(Flaw flaw) {
    ConformanceRunner.Summary summary =
        run(new Target("broken", flaw.provider(HOST)), Set.of(flaw.test()));
    assertThat(summary.failures()).as("failures of a backend that %s", flaw).isNotEmpty();
    assertThat(summary.failures())
        .as("messages must name rule %s", flaw.rule())
        .allMatch(message -> message.contains(flaw.rule()));
    assertThat(summary.failures())
        .as("what a message says")
        .anyMatch(message -> message.contains(flaw.says()));
    assertThat(summary.failures())
        .as("messages must name the seed")
        .allMatch(message -> message.contains("seed 7"));
  }

  @Test
  void theTestsThatNoticeFlawsPassOnTheBackendWithoutThem() {
    Set<String> tests = new TreeSet<>();
    for (Flaw flaw : Flaw.all()) {
      tests.add(flaw.test());
    }
    ConformanceRunner.Summary summary = run(new Target("good", HOST), tests);
    assertThat(summary.failures()).isEmpty();
    assertThat(summary.passed()).isGreaterThanOrEqualTo(tests.size());
  }

  @Test
  void everyFlawNamesATestThatNamesItsRule() {
    List<String> wrong = new ArrayList<>();
    for (Flaw flaw : Flaw.all()) {
      boolean known =
          Chapters.tests().stream()
              .anyMatch(
                  test ->
                      test.getName().equals(flaw.test())
                          && Chapters.rules(test).contains(flaw.rule()));
      if (!known) {
        wrong.add(flaw.toString());
      }
    }
    assertThat(wrong).isEmpty();
  }
}
