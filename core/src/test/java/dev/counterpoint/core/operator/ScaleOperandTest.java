package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Scaling;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.spi.Capability;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Factors of blocks are operands like others (OP-6, OP-15). */
class ScaleOperandTest {
  private final RecordingBackend backend =
      new RecordingBackend(
          2, Set.of(Capability.PEER_ACCESS, Capability.GEMM_FP8, Capability.BLOCK_SCALES));
  private final World world = Worlds.open(backend);
  private final Rank rank = world.rank(1);
  private AllGatherGemm plan;
  private AllGatherGemm plain;
  private Tensor input;
  private Tensor weight;
  private Tensor inputScales;
  private Tensor weightScales;
  private Tensor output;
  private Tensor gathered;

  private static AllGatherGemmSpec.Builder spec() {
    return AllGatherGemmSpec.builder()
        .m(8)
        .n(300)
        .k(200)
        .dtype(DType.FP8_E4M3)
        .strategy(Strategy.FUSED);
  }

  @BeforeEach
  void plan() {
    plan = world.plan(spec().scaling(Scaling.BLOCKS).build());
    plain = world.plan(spec().build());
    inputScales = rank.allocate(DType.FP32, 4, 2);
    weightScales = rank.allocate(DType.FP32, 2, 2);
    input = rank.allocate(DType.FP8_E4M3, 4, 200).withScales(inputScales);
    weight = rank.allocate(DType.FP8_E4M3, 150, 200).withScales(weightScales);
    output = rank.allocate(DType.BF16, 8, 150);
    gathered = rank.allocate(DType.FP8_E4M3, 8, 200);
    backend.journal().clear();
  }

  @AfterEach
  void close() {
    world.close();
  }

  private void refused(String argument, ThrowingCallable launch) {
    assertThatThrownBy(launch)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
    assertThat(backend.journal().steps()).isEmpty();
  }

  @Test
  void theyAreThereExactlyWhenThePlanHasThem() {
    Tensor bare = rank.allocate(DType.FP8_E4M3, 4, 200);
    Tensor bareWeight = rank.allocate(DType.FP8_E4M3, 150, 200);
    refused("input.scales", () -> plan.launch(rank, bare, weight, output));
    refused("weight.scales", () -> plan.launch(rank, input, bareWeight, output));
    refused("input.scales", () -> plain.launch(rank, input, bareWeight, output));
    refused("weight.scales", () -> plain.launch(rank, bare, weight, output));
    plan.launch(rank, input, weight, output);
    plain.launch(rank, bare, bareWeight, output);
    assertThat(backend.journal().steps()).isNotEmpty();
  }

  @Test
  void theyHaveTheShapeOfBlocksAndAreOpen() {
    Tensor wide = rank.allocate(DType.FP32, 4, 3);
    refused("input.scales", () -> plan.launch(rank, input.withScales(wide), weight, output));
    refused(
        "input.scales", () -> plan.launch(rank, input.withScales(weightScales), weight, output));
    refused(
        "weight.scales", () -> plan.launch(rank, input, weight.withScales(inputScales), output));
    inputScales.close();
    assertThatThrownBy(() -> plan.launch(rank, input, weight, output))
        .isInstanceOf(ResourceClosedException.class);
  }

  @Test
  void nothingThatIsWrittenLiesOnThem() {
    long at = output.memory().address();
    Tensor over = rank.wrap(at + 8, DType.FP32, 4, 2, 2);
    refused("input.scales", () -> plan.launch(rank, input.withScales(over), weight, output));
    Tensor overToo = rank.wrap(at + 8, DType.FP32, 2, 2, 2);
    refused("weight.scales", () -> plan.launch(rank, input, weight.withScales(overToo), output));
    Tensor onGathered = rank.wrap(gathered.memory().address(), DType.FP32, 4, 2, 2);
    refused(
        "input.scales",
        () -> plan.launch(rank, input.withScales(onGathered), weight, null, output, gathered));
  }

  @Test
  void thoseOfTheGatheredInputAreOptionalAndApart() {
    Tensor factors = rank.allocate(DType.FP32, 8, 2);
    plan.launch(rank, input, weight, null, output, gathered);
    plan.launch(rank, input, weight, null, output, gathered.withScales(factors));
    backend.journal().clear();
    Tensor few = gathered.withScales(inputScales);
    refused("gathered.scales", () -> plan.launch(rank, input, weight, null, output, few));
    for (Tensor other : new Tensor[] {output, gathered, input, weight}) {
      Tensor over = rank.wrap(other.memory().address(), DType.FP32, 8, 2, 2);
      refused(
          "gathered.scales",
          () -> plan.launch(rank, input, weight, null, output, gathered.withScales(over)));
    }
    Tensor same = rank.wrap(inputScales.memory().address(), DType.FP32, 8, 2, 2);
    refused(
        "input.scales",
        () -> plan.launch(rank, input, weight, null, output, gathered.withScales(same)));
    Tensor bare = rank.allocate(DType.FP8_E4M3, 4, 200);
    Tensor bareWeight = rank.allocate(DType.FP8_E4M3, 150, 200);
    Tensor asked = gathered.withScales(factors);
    refused("gathered.scales", () -> plain.launch(rank, bare, bareWeight, null, output, asked));
  }

  /** A pipelined product is cut into blocks of columns whose factors can be told apart. */
  @Test
  void columnsAreCutWhereTheirFactorsChange() {
    OperatorPlan pipelined =
        world.plan(
            GemmReduceScatterSpec.builder()
                .m(8)
                .n(700)
                .k(400)
                .dtype(DType.FP8_E4M3)
                .scaling(Scaling.BLOCKS)
                .strategy(Strategy.PIPELINED)
                .build());
    assertThat(backend.gemm().prepared().stream().filter(g -> g.label().contains("gemm-rs")))
        .isNotEmpty()
        .allMatch(gemm -> gemm.cols() < 700, "part of the columns")
        .allMatch(gemm -> gemm.cols() % 128 == 0 || (700 - gemm.cols()) % 128 == 0);
    pipelined.close();
  }
}
