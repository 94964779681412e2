package dev.counterpoint.core.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.AllGatherGemm;
import dev.counterpoint.AllGatherGemmSpec;
import dev.counterpoint.DType;
import dev.counterpoint.GemmAllReduceSpec;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.LaunchOrderException;
import dev.counterpoint.Norm;
import dev.counterpoint.NormTensors;
import dev.counterpoint.NormalizingPlan;
import dev.counterpoint.OperatorPlan;
import dev.counterpoint.Rank;
import dev.counterpoint.ResourceClosedException;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tensor;
import dev.counterpoint.World;
import dev.counterpoint.core.fake.RecordingBackend;
import dev.counterpoint.spi.Capability;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Wrong operands are refused by name, and nothing is enqueued (OP-6, OP-7). */
class OperandTest {
  private final RecordingBackend backend =
      new RecordingBackend(2, Set.of(Capability.PEER_ACCESS, Capability.GEMM_FP16));
  private final RecordingBackend otherBackend = new RecordingBackend(2, Set.of());
  private final World world = Worlds.open(backend);
  private final World otherWorld = Worlds.open(otherBackend);
  private final Rank rank = world.rank(1);
  private AllGatherGemm plan;
  private AllGatherGemm biased;
  private Tensor input;
  private Tensor weight;
  private Tensor bias;
  private Tensor output;
  private Tensor gathered;

  private static AllGatherGemmSpec.Builder spec() {
    return AllGatherGemmSpec.builder()
        .m(8)
        .n(10)
        .k(3)
        .dtype(DType.FP16)
        .outputType(DType.FP32)
        .strategy(Strategy.FUSED);
  }

  @BeforeEach
  void plan() {
    plan = world.plan(spec().build());
    biased = world.plan(spec().bias(true).build());
    input = rank.allocate(DType.FP16, 4, 3);
    weight = rank.allocate(DType.FP16, 5, 3);
    bias = rank.allocate(DType.FP32, 1, 5);
    output = rank.allocate(DType.FP32, 8, 5);
    gathered = rank.allocate(DType.FP16, 8, 3);
    backend.journal().clear();
  }

  @AfterEach
  void close() {
    world.close();
    otherWorld.close();
  }

  private void refused(String argument, ThrowingCallable launch) {
    assertThatThrownBy(launch)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
    assertThat(backend.journal().steps()).isEmpty();
  }

  @Test
  void rightOnesAreTaken() {
    plan.launch(rank, input, weight, output);
    plan.launch(rank, input, weight, null, output, gathered);
    biased.launch(rank, input, weight, bias, output);
    biased.launch(rank, input, weight, bias, output, gathered);
    assertThat(backend.journal().texts(1, "main").stream().filter(t -> t.startsWith("gemm")))
        .hasSize(4);
  }

  @Test
  void wrongTypes() {
    refused("input", () -> plan.launch(rank, rank.allocate(DType.BF16, 4, 3), weight, output));
    refused("weight", () -> plan.launch(rank, input, rank.allocate(DType.FP32, 5, 3), output));
    refused("output", () -> plan.launch(rank, input, weight, rank.allocate(DType.FP16, 8, 5)));
    Tensor half = rank.allocate(DType.FP16, 1, 5);
    refused("bias", () -> biased.launch(rank, input, weight, half, output));
    Tensor full = rank.allocate(DType.FP32, 8, 3);
    refused("gathered", () -> plan.launch(rank, input, weight, null, output, full));
  }

  @Test
  void wrongShapes() {
    refused("input", () -> plan.launch(rank, rank.allocate(DType.FP16, 3, 4), weight, output));
    refused("input", () -> plan.launch(rank, input.rows(0, 3), weight, output));
    refused("weight", () -> plan.launch(rank, input, rank.allocate(DType.FP16, 3, 5), output));
    refused("output", () -> plan.launch(rank, input, weight, output.rows(1, 7)));
    refused("output", () -> plan.launch(rank, input, weight, rank.allocate(DType.FP32, 8, 6)));
    Tensor column = rank.allocate(DType.FP32, 5, 1);
    refused("bias", () -> biased.launch(rank, input, weight, column, output));
    refused("gathered", () -> plan.launch(rank, input, weight, null, output, input));
  }

  @Test
  void theRefusalSaysWhatIsWanted() {
    assertThatThrownBy(() -> plan.launch(rank, input.rows(0, 3), weight, output))
        .hasMessage("input is tensor FP16 [3, 3] on rank 1; it must have shape [4, 3]");
    assertThatThrownBy(
            () -> plan.launch(rank, gathered, rank.allocate(DType.FP8_E5M2, 5, 3), output))
        .hasMessageContaining("input is");
    assertThatThrownBy(() -> plan.launch(rank, input, rank.allocate(DType.INT8, 5, 3), output))
        .hasMessageContaining("must have element type FP16");
  }

  @Test
  void anotherRanksOrWorldsTensors() {
    Tensor elsewhere = world.rank(0).allocate(DType.FP16, 4, 3);
    assertThatThrownBy(() -> plan.launch(rank, elsewhere, weight, output))
        .hasMessageContaining("(rank 0)")
        .hasMessageContaining("lie on rank 1");
    Tensor foreign = otherWorld.rank(1).allocate(DType.FP16, 5, 3);
    assertThatThrownBy(() -> plan.launch(rank, input, foreign, output))
        .hasMessageContaining("(another world)");
    refused("input", () -> plan.launch(rank, elsewhere, weight, output));
    refused("weight", () -> plan.launch(rank, input, foreign, output));
    refused("rank", () -> plan.launch(otherWorld.rank(1), input, weight, output));
    Tensor foreignBias = otherWorld.rank(1).allocate(DType.FP32, 1, 5);
    refused("bias", () -> biased.launch(rank, input, weight, foreignBias, output));
  }

  @Test
  void biasGivenOrMissingAgainstTheSpecification() {
    refused("bias", () -> plan.launch(rank, input, weight, bias, output));
    refused("bias", () -> biased.launch(rank, input, weight, output));
    refused("bias", () -> biased.launch(rank, input, weight, null, output));
  }

  @Test
  void theOutputOverlapsNothing() {
    long address = rank.allocate(DType.FP32, 100, 1).memory().address();
    Tensor out = rank.wrap(address, DType.FP32, 8, 5, 5);
    long last = address + 8 * 5 * 4 - 2;
    refused("input", () -> plan.launch(rank, rank.wrap(last, DType.FP16, 4, 3, 3), weight, out));
    refused("weight", () -> plan.launch(rank, input, rank.wrap(address, DType.FP16, 5, 3, 3), out));
    refused(
        "bias",
        () -> biased.launch(rank, input, weight, rank.wrap(last, DType.FP32, 1, 5, 5), out));
    refused(
        "gathered",
        () ->
            plan.launch(
                rank, input, weight, null, out, rank.wrap(address + 4, DType.FP16, 8, 3, 3)));
    Tensor beside = rank.wrap(last + 2, DType.FP16, 4, 3, 3);
    plan.launch(rank, beside, weight, out);
  }

  @Test
  void theGatheredInputOverlapsNothing() {
    Tensor over = rank.wrap(gathered.memory().address() + 2, DType.FP16, 4, 3, 3);
    refused("gathered", () -> plan.launch(rank, over, weight, null, output, gathered));
    Tensor weights = rank.wrap(gathered.memory().address(), DType.FP16, 5, 3, 3);
    refused("gathered", () -> plan.launch(rank, input, weights, null, output, gathered));
    Tensor biases = rank.wrap(gathered.memory().address(), DType.FP32, 1, 5, 5);
    refused("gathered", () -> biased.launch(rank, input, weight, biases, output, gathered));
  }

  /** With residual and sum, which may be the same tensor; otherwise what is written is apart. */
  @Test
  void normsComeWithWhatTheyNeedAndApart() {
    GemmAllReduceSpec spec =
        GemmAllReduceSpec.builder()
            .m(8)
            .n(10)
            .k(4)
            .dtype(DType.FP32)
            .norm(Norm.rms(1).withResidual().withSum())
            .build();
    NormalizingPlan normed = world.plan(spec);
    Tensor a = rank.allocate(DType.FP32, 8, 2);
    Tensor b = rank.allocate(DType.FP32, 10, 2);
    Tensor w = rank.allocate(DType.FP32, 1, 10);
    Tensor rows = rank.allocate(DType.FP32, 8, 10);
    Tensor more = rank.allocate(DType.FP32, 8, 10);
    Tensor out = rank.allocate(DType.FP32, 8, 10);
    backend.journal().clear();
    refused("norm", () -> normed.launch(rank, a, b, out));
    refused("norm.weight", () -> normed.launch(rank, a, b, null, out, tensors(rows, rows, more)));
    refused("norm.residual", () -> normed.launch(rank, a, b, null, out, tensors(w, null, more)));
    refused("norm.residual", () -> normed.launch(rank, a, b, null, out, tensors(w, out, more)));
    refused("norm.sum", () -> normed.launch(rank, a, b, null, out, tensors(w, rows, out)));
    refused("norm.sum", () -> normed.launch(rank, a, b, null, out, tensors(w, rows, null)));
    NormTensors biased = new NormTensors(w, w, rows, more);
    refused("norm.bias", () -> normed.launch(rank, a, b, null, out, biased));
    Tensor shifted = rank.wrap(rows.memory().address() + 4, DType.FP32, 8, 10, 10);
    refused("norm.residual", () -> normed.launch(rank, a, b, null, out, tensors(w, rows, shifted)));
    Tensor overWeight = rank.wrap(w.memory().address(), DType.FP32, 8, 10, 10);
    refused(
        "norm.weight", () -> normed.launch(rank, a, b, null, out, tensors(w, rows, overWeight)));
    normed.launch(rank, a, b, null, out, tensors(w, rows, rows));
    normed.launch(rank, a, b, null, out, tensors(w, rows, more));
    assertThat(backend.journal().steps()).isNotEmpty();
  }

  private static NormTensors tensors(
      Tensor weight, @Nullable Tensor residual, @Nullable Tensor sum) {
    return new NormTensors(weight, null, residual, sum);
  }

  @Test
  void closedTensorsAndPlans() {
    Tensor closed = rank.allocate(DType.FP16, 4, 3);
    closed.close();
    backend.journal().clear();
    assertThatThrownBy(() -> plan.launch(rank, closed, weight, output))
        .isInstanceOf(ResourceClosedException.class)
        .hasMessageContaining("tensor FP16 [4, 3]");
    assertThat(backend.journal().steps()).isEmpty();
    plan.close();
    plan.close();
    backend.journal().clear();
    assertThatThrownBy(() -> plan.launch(rank, input, weight, output))
        .isInstanceOf(ResourceClosedException.class)
        .hasMessageContaining("plan ag-gemm#1 is closed");
    assertThat(backend.journal().steps()).isEmpty();
  }

  @Test
  void anotherOrderOfLaunchesIsNoticedBeforeAnythingIsEnqueued() {
    OperatorPlan second =
        world.plan(
            GemmReduceScatterSpec.builder()
                .m(8)
                .n(10)
                .k(3)
                .dtype(DType.FP16)
                .strategy(Strategy.FUSED)
                .build());
    Worlds.Operands first = Worlds.Operands.of(plan.spec(), backend, world.rank(0));
    Worlds.Operands late = Worlds.Operands.of(second.spec(), backend, world.rank(1));
    first.launch(plan);
    backend.journal().clear();
    assertThatThrownBy(() -> late.launch(second))
        .isInstanceOf(LaunchOrderException.class)
        .hasMessageContainingAll("rank 1", "gemm-rs#3", "plan #1");
    assertThat(backend.journal().steps()).isEmpty();
    refused("input", () -> plan.launch(rank, output, weight, output));
    plan.launch(rank, input, weight, output);
    assertThat(backend.journal().steps()).isNotEmpty();
  }
}
