package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.BackendProvider;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A backend that can only what is mandatory, and says so, passes too: what it cannot do is tested
 * by its refusal.
 */
class LeanBackendTest {
  @Test
  @Timeout(300)
  void aBackendWithoutCapabilitiesPassesASmokeRun() {
    BackendProvider lean = LeanProvider.over(BackendRegistry.load().select("host"));
    ConformanceTarget target = new BrokenBackendsTest.Target("lean", lean);
    var options = ConformanceRunner.Options.of("lean").withSeed(3);
    ConformanceRunner.Summary summary =
        ConformanceRunner.run(
            options, List.of(target), Chapters.tests(), BrokenBackendsTest.SILENT);
    assertThat(summary.failures()).isEmpty();
    assertThat(summary.passed()).isGreaterThan(200);
  }

  @Test
  @Timeout(120)
  void aBackendWithFp8ButWithoutFactorsOfBlocksPassesWhatConcernsThem() {
    BackendProvider host = BackendRegistry.load().select("host");
    ConformanceTarget target =
        new BrokenBackendsTest.Target("plain", LeanProvider.withoutBlockScales(host));
    ConformanceRunner.Summary summary =
        BrokenBackendsTest.run(
            target,
            Set.of(
                "scalesByBlockWorkOrAreRefused",
                "eightBitFloatGemmWorksOrIsRefused",
                "scaledOperandsAreRefusedByNameWhereTheyCannotBeMultiplied",
                "productsOfScaledBlocksAreRightInEveryShape",
                "allGatherGemmTakesScaledOperands",
                "gemmReduceScatterTakesScaledOperands"));
    assertThat(summary.failures()).isEmpty();
    assertThat(summary.passed()).as("by refusals").isGreaterThanOrEqualTo(3);
    assertThat(summary.skipped()).as("what cannot be run").isPositive();
  }
}
