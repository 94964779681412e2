package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.DType;
import dev.counterpoint.GemmProblem;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.core.measure.Samples;
import org.junit.jupiter.api.Test;

class MetricsTest {
  /** AG, M 4096, N 57344, K 8192 of the table in performance.md, with a made-up fused time. */
  private final Metrics metrics = new Metrics(680, 276, 150, 921);

  @Test
  void figuresAreThoseOfTheDefinitions() {
    assertThat(metrics.sol()).isEqualTo(680);
    assertThat(metrics.exposed(921)).isEqualTo(241);
    assertThat(metrics.exposed(720)).isEqualTo(40);
    assertThat(metrics.efficiency(921)).isZero();
    assertThat(metrics.efficiency(720)).isCloseTo(1 - 40.0 / 241, within(1e-12));
    assertThat(metrics.efficiency(680)).isEqualTo(1);
    assertThat(metrics.toSol(714)).isCloseTo(1.05, within(1e-12));
    assertThat(metrics.speedUp(720)).isCloseTo(1.2791666, within(1e-6));
  }

  @Test
  void efficiencyMayBeNegativeAndMayPassOne() {
    assertThat(metrics.efficiency(1162)).isEqualTo(-1);
    assertThat(metrics.efficiency(600)).isGreaterThan(1);
  }

  @Test
  void speedOfLightIsTheWireWhenThatIsSlower() {
    assertThat(new Metrics(100, 300, 250, 400).sol()).isEqualTo(250);
  }

  @Test
  void thereIsNoEfficiencyWhereSequentialExposesNothing() {
    assertThat(new Metrics(100, 1, 1, 99).efficiency(90)).isNaN();
  }

  @Test
  void wireBytesCountWhatOneLinkMustCarry() {
    GemmProblem problem =
        new GemmProblem(1000, 200, 30, DType.BF16, DType.FP32, WeightLayout.NK, 1, 0, false);
    assertThat(Operator.AG_GEMM.wireBytes(problem, 4)).isEqualTo(1000 * 30 * 2 * 0.75);
    assertThat(Operator.GEMM_RS.wireBytes(problem, 4)).isEqualTo(1000 * 200 * 4 * 0.75);
    assertThat(Operator.GEMM_AR.wireBytes(problem, 4)).isEqualTo(2 * 1000 * 200 * 4 * 0.75);
    assertThat(Operator.GEMM_A2A.wireBytes(problem, 4)).isEqualTo(1000 * 200 * 4 * 0.75);
    assertThat(Operator.GEMM_RS.wireBytes(problem, 1)).isZero();
  }

  @Test
  void medianAndQuantile() {
    Samples samples = new Samples();
    for (int i = 100; i >= 1; i--) {
      samples.add(i);
    }
    assertThat(samples.median()).isEqualTo(50.5);
    assertThat(samples.quantile(0.95)).isEqualTo(95);
    assertThat(samples.minimum()).isEqualTo(1);
    samples.add(1000);
    assertThat(samples.median()).isEqualTo(51);
  }
}
