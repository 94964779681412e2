package dev.counterpoint.spi.support;

import dev.counterpoint.DType;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.DeviceMemory;

/** What preparing and launching an all-reduce refuses whatever the device (rule PEER-7). */
public final class AllReduceChecks {
  private AllReduceChecks() {}

  /**
   * Checks everything that can be told from the specification alone.
   *
   * @throws InvalidArgumentException naming the value
   */
  public static void requireValid(AllReduceSpec spec) {
    MemoryChecks.requireAtLeast("rows", spec.rows(), 0);
    MemoryChecks.requireAtLeast("cols", spec.cols(), 0);
    if (!isSummed(spec.dtype())) {
      throw new InvalidArgumentException(
          "dtype", spec.dtype(), "be FP32, FP16 or BF16 for '" + spec.label() + "'");
    }
    if ((long) spec.rows() * spec.cols() > Integer.MAX_VALUE / spec.dtype().bytes()) {
      throw new InvalidArgumentException(
          "rows × cols", spec.rows() + "×" + spec.cols(), "be fewer than 2^31 bytes");
    }
  }

  /** Whether elements of a type are summed at all. */
  public static boolean isSummed(DType dtype) {
    return switch (dtype) {
      case FP32, FP16, BF16 -> true;
      case FP8_E4M3, FP8_E5M2, INT8, INT32 -> false;
    };
  }

  /** The address of an operand of one launch, after checking it. */
  public static long address(
      AllReduceSpec spec, String operand, DeviceMemory memory, int rank, long offset, int stride) {
    return MemoryChecks.matrix(
        operand, memory, rank, offset, spec.rows(), spec.cols(), stride, spec.dtype().bytes());
  }
}
