package dev.counterpoint.spi.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce.Algorithm;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AllReduceChecksTest {
  private static AllReduceSpec spec(int rows, int cols, DType dtype) {
    return new AllReduceSpec("sum", rows, cols, dtype, Algorithm.AUTO);
  }

  private static void refuses(String argument, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class, e -> assertThat(e.argument()).isEqualTo(argument));
  }

  @Test
  void specificationsThatCannotBeAreRefused() {
    AllReduceChecks.requireValid(spec(0, 0, DType.FP32));
    AllReduceChecks.requireValid(spec(1, Integer.MAX_VALUE / 2, DType.BF16));
    refuses("rows", () -> AllReduceChecks.requireValid(spec(-1, 1, DType.FP32)));
    refuses("cols", () -> AllReduceChecks.requireValid(spec(1, -1, DType.FP32)));
    refuses("dtype", () -> AllReduceChecks.requireValid(spec(1, 1, DType.INT32)));
    refuses("rows × cols", () -> AllReduceChecks.requireValid(spec(1, 1 << 30, DType.BF16)));
    refuses("rows × cols", () -> AllReduceChecks.requireValid(spec(1 << 16, 1 << 16, DType.FP16)));
  }

  @Test
  void operandsAreCheckedOnTheirRank() {
    AllReduceSpec spec = spec(3, 5, DType.FP16);
    DeviceMemory memory = new DeviceMemory(1, 4096, 42);
    assertThat(AllReduceChecks.address(spec, "input", memory, 1, 4, 7)).isEqualTo(4100);
    refuses("input", () -> AllReduceChecks.address(spec, "input", memory, 1, 6, 7));
    refuses("input", () -> AllReduceChecks.address(spec, "input", memory, 0, 0, 7));
    refuses("output.stride", () -> AllReduceChecks.address(spec, "output", memory, 1, 0, 4));
  }
}
