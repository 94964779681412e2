package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Strategy;
import dev.counterpoint.spi.FaultRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StressTest {
  private static StressOptions options(
      Set<String> operators, List<Strategy> strategies, long launches, Integer stopRank) {
    return new StressOptions(
        "host",
        Map.of(),
        3,
        operators,
        strategies,
        StressOptions.Size.SMALL,
        launches,
        true,
        stopRank,
        7,
        Duration.ofSeconds(2));
  }

  private static StressReport run(StressOptions options, ConformanceTarget target) {
    return Stress.run(options, target, (done, all) -> {});
  }

  @Test
  @Timeout(120)
  void everyPlanEndsAsItBeganAndAStoppedRankIsNoticedByAll() {
    List<Long> reached = new ArrayList<>();
    StressReport report =
        Stress.run(
            options(Set.of(), List.of(OperatorRules.FORCED), 2_000, 2),
            (done, all) -> reached.add(done * 100 / all));
    assertThat(report.problems()).isEmpty();
    assertThat(report.plans()).hasSize(24).allMatch(StressReport.Plan::equal);
    assertThat(report.plans()).allMatch(plan -> plan.launches() % 2 == 1);
    assertThat(report.plans().stream().mapToLong(StressReport.Plan::launches).sum() - 24)
        .isEqualTo(report.launches());
    assertThat(report.delays()).isPositive();
    assertThat(report.compared()).isPositive();
    assertThat(report.memory()).isNotEmpty();
    assertThat(reached).last().isEqualTo(100L);
    StressReport.Stop stop = report.stop();
    assertThat(stop).isNotNull();
    assertThat(stop.exceptions()).hasSize(3).containsOnly("DeviceFaultException");
    assertThat(stop.millis()).isBetween(1_900L, stop.boundMillis());
    assertThat(stop.fault().operation()).contains(stop.operation());
    assertThat(report.threadsLeft()).isZero();
  }

  @Test
  @Timeout(60)
  void aPlanThatIsNeverLaunchedAgainIsNoFailure() {
    StressReport report =
        run(
            options(Set.of(), List.of(OperatorRules.FORCED), 1, null),
            RegistryTarget.find("host", Map.of()));
    assertThat(report.problems()).isEmpty();
  }

  @Test
  @Timeout(60)
  void oneWrongLaunchAmongManyIsSeenAtTheEnd() {
    StressReport report =
        run(
            options(Set.of("gemm-rs"), List.of(Strategy.SEQUENTIAL), 400, 2),
            SpoiledHost.wrong("reduceScatter", 123, 1));
    assertThat(report.problems())
        .last()
        .asString()
        .contains("gemm-rs#1: the result of launch 401 differs from that of the first on rank 1");
    assertThat(report.stop()).as("nothing more is tried after a failure").isNull();
    assertThat(report.passed()).isFalse();
  }

  @Test
  @Timeout(60)
  void whatLeavesNoTraceIsSeenOnTheWay() {
    StressReport report =
        run(
            options(Set.of("gemm-ar"), List.of(Strategy.SEQUENTIAL), 400, 2),
            SpoiledHost.wrong("allReduce", 50, 300));
    assertThat(report.problems())
        .singleElement()
        .asString()
        .contains("gemm-ar#1: the result of launch ", "on rank 1 is wrong at byte ");
    assertThat(report.plans()).allMatch(StressReport.Plan::equal);
  }

  @Test
  void memoryThatGrowsIsAProblem() {
    MemoryWatch watch = new MemoryWatch();
    watch.sample(100);
    byte[] held = new byte[8 << 20];
    watch.sample(200);
    assertThat(watch.growth(2)).anyMatch(line -> line.startsWith("the Java heap grew by "));
    assertThat(held).hasSize(8 << 20);
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnythingIsLaunched() {
    ConformanceTarget host = RegistryTarget.find("host", Map.of());
    assertThatThrownBy(() -> run(options(Set.of(), List.of(Strategy.FUSED), 10, 3), host))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("stop-rank is 3");
    assertThatThrownBy(() -> run(options(Set.of("gemm"), List.of(Strategy.FUSED), 10, 0), host))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("ag-gemm, gemm-rs");
  }

  @Test
  void aFaultRecordThatSaysTooLittleIsAProblem() {
    Duration timeout = Duration.ofSeconds(2);
    FaultRecord full =
        new FaultRecord(
            FaultRecord.Kind.WAIT_EXPIRED, 0, "gemm-rs#3", "signal 'x' word 2", -1, 4, 5, 2001, "");
    assertThat(StoppedRank.gaps(full, "gemm-rs#3", 1, timeout)).isEmpty();
    FaultRecord poor =
        new FaultRecord(FaultRecord.Kind.ABORTED, 1, "stream-4", " ", -1, 5, 5, 3, "");
    assertThat(StoppedRank.gaps(poor, "gemm-rs#3", 1, timeout)).hasSize(6);
    assertThat(StoppedRank.gaps(null, "gemm-rs#3", 1, timeout)).hasSize(1);
  }
}
