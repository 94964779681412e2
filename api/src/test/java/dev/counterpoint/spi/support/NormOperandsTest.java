package dev.counterpoint.spi.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.Tiling;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class NormOperandsTest {
  private static final Norm RMS = Norm.rms(1e-5f);

  /**
   * Two shards of 3 and 2 rows, 6 columns: two tile columns, and no empty tile but the last two.
   */
  private static final Tiling TILING = new Tiling(new RowPartition(5, 2), 6, 2, 4);

  private static final DeviceMemory MEMORY = new DeviceMemory(1, 4096, 1000);

  private static void refuses(String argument, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
  }

  private static NormSpec packed(int... slots) {
    return NormSpec.packed("n", 1, DType.BF16, RMS, TILING, slots);
  }

  @Test
  void specificationsThatCannotBeAreRefused() {
    NormOperands.requireValid(NormSpec.inPlace("n", 1, 0, 1, DType.FP32, RMS), 2);
    NormOperands.requireValid(packed(7, 6, 5, 4, 3, 2, -1, -1), 2);
    refuses(
        "rank",
        () -> NormOperands.requireValid(NormSpec.inPlace("n", 2, 1, 1, DType.FP32, RMS), 2));
    refuses(
        "cols",
        () -> NormOperands.requireValid(NormSpec.inPlace("n", 0, 1, 0, DType.FP32, RMS), 2));
    refuses(
        "dtype",
        () -> NormOperands.requireValid(NormSpec.inPlace("n", 0, 1, 1, DType.INT32, RMS), 2));
    refuses("slots", () -> NormOperands.requireValid(packed(1, 2, 3), 2));
    refuses("slots", () -> NormOperands.requireValid(packed(7, 6, -1, 4, 3, 2, 1, 0), 2));
    NormSpec.Packing other =
        new NormSpec.Packing(new Tiling(new RowPartition(5, 2), 7, 2, 4), new int[8]);
    refuses(
        "tiling",
        () -> NormOperands.requireValid(new NormSpec("n", 1, 5, 6, DType.BF16, RMS, other), 2));
  }

  @Test
  void packedTilesNeedRoomUpToTheLastElement() {
    NormOperands operands = new NormOperands(packed(7, 6, 5, 4, 3, 2, -1, -1));
    NormArguments a = new NormArguments().weight(MEMORY).output(MEMORY, 0, 6).input(MEMORY, 880, 0);
    // Tile 0 lies in block 7 and is full: 8 blocks of 2 × 4 elements of 2 bytes are 128 bytes.
    refuses("input", () -> operands.take(a));
    operands.take(a.input(MEMORY, 872, 0));
    assertThat(operands.input()).isEqualTo(4096 + 872);
    assertThat(operands.residual()).isZero();
    assertThat(operands.sum()).isZero();
    assertThat(operands.bias()).isZero();
  }

  @Test
  void whatTheNormHasIsNeededAndNothingElse() {
    Norm norm = RMS.withBias().withResidual().withSum();
    NormOperands operands = new NormOperands(NormSpec.inPlace("n", 1, 3, 4, DType.FP32, norm));
    NormArguments a =
        new NormArguments()
            .input(MEMORY, 0, 4)
            .weight(MEMORY)
            .bias(MEMORY)
            .residual(MEMORY, 100, 5)
            .sum(MEMORY, 200, 6)
            .output(MEMORY, 300, 7);
    operands.take(a);
    assertThat(operands.residual()).isEqualTo(4096 + 100);
    assertThat(operands.sum()).isEqualTo(4096 + 200);
    assertThat(operands.output()).isEqualTo(4096 + 300);
    refuses("bias", () -> operands.take(a.bias(null)));
    a.bias(MEMORY);
    refuses("residual", () -> operands.take(a.residual(null, 0, 4)));
    refuses("residual.stride", () -> operands.take(a.residual(MEMORY, 0, 3)));
    a.residual(MEMORY, 0, 4);
    refuses("sum", () -> operands.take(a.sum(new DeviceMemory(0, 0, 1000), 0, 4)));
    refuses("weight", () -> operands.take(a.sum(MEMORY, 0, 4).weight(MEMORY.slice(0, 15))));
    // Nothing is kept of what was refused.
    assertThat(operands.sum()).isEqualTo(4096 + 200);
  }
}
