package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.Norm;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.NormArguments;
import dev.counterpoint.spi.NormSpec;
import org.jspecify.annotations.Nullable;

/**
 * What preparing and launching a normalisation refuses whatever the device (rule NORM-8), and the
 * checked operands of one launch as addresses. A prepared normalisation keeps one and refills it;
 * an address is 0 where the specification has no use for the operand.
 */
public final class NormOperands {
  private final NormSpec spec;
  private final OperandAddresses addresses;
  private final int elementBytes;
  private final long packedBytes;
  private long input;
  private long residual;
  private long weight;
  private long bias;
  private long output;
  private long sum;

  /** For launches of a specification that is valid. */
  public NormOperands(NormSpec spec) {
    this.spec = spec;
    addresses = new OperandAddresses(spec.label(), spec.rank());
    elementBytes = spec.dtype().bytes();
    NormSpec.Packing packing = spec.packing();
    packedBytes =
        packing == null
            ? 0
            : GemmChecks.packedElements(packing.tiling(), packing.slots()) * elementBytes;
  }

  /**
   * Checks everything that can be told from the specification alone.
   *
   * @param size number of ranks
   * @throws InvalidArgumentException naming the table or value
   */
  public static void requireValid(NormSpec spec, int size) {
    MemoryChecks.requireRank("rank", spec.rank(), size);
    MemoryChecks.requireAtLeast("rows", spec.rows(), 0);
    MemoryChecks.requireAtLeast("cols", spec.cols(), 1);
    Norm.requireType("dtype", spec.dtype());
    NormSpec.Packing packing = spec.packing();
    if (packing == null) {
      return;
    }
    if (packing.tiling().partition().rows() != spec.rows()
        || packing.tiling().cols() != spec.cols()) {
      throw new InvalidArgumentException(
          "tiling",
          packing.tiling().partition().rows() + "×" + packing.tiling().cols(),
          "cover the " + spec.rows() + "×" + spec.cols() + " elements that are normalised");
    }
    int[] slots = packing.slots();
    TableChecks.requireLength("slots", slots.length, packing.tiling().tiles());
    for (int tile = 0; tile < slots.length; tile++) {
      if (slots[tile] < 0 && !packing.tiling().isEmpty(tile)) {
        throw new InvalidArgumentException(
            "slots", slots[tile], "not be negative for tile " + tile + ", which has elements");
      }
    }
  }

  /**
   * Checks all operands and takes their addresses; nothing is kept when one is refused.
   *
   * @throws InvalidArgumentException naming the operand that is absent, too small or elsewhere
   */
  public void take(NormArguments a) {
    Norm norm = spec.norm();
    long newInput =
        spec.packing() == null
            ? matrix("input", true, a.input(), a.inputOffset(), a.inputStride())
            : addresses.range("input", a.input(), a.inputOffset(), packedBytes);
    long newResidual =
        matrix("residual", norm.residual(), a.residual(), a.residualOffset(), a.residualStride());
    long newOutput = matrix("output", true, a.output(), a.outputOffset(), a.outputStride());
    long newSum = matrix("sum", norm.sum(), a.sum(), a.sumOffset(), a.sumStride());
    long vectorBytes = (long) spec.cols() * elementBytes;
    long newWeight = addresses.vector("weight", true, a.weight(), vectorBytes);
    long newBias = addresses.vector("bias", norm.bias(), a.bias(), vectorBytes);
    input = newInput;
    residual = newResidual;
    output = newOutput;
    sum = newSum;
    weight = newWeight;
    bias = newBias;
  }

  private long matrix(
      String name, boolean wanted, @Nullable DeviceMemory memory, long offset, int stride) {
    return wanted
        ? addresses.matrix(name, memory, offset, spec.rows(), spec.cols(), stride, elementBytes)
        : 0;
  }

  /** Address of the input's row 0, or of its block 0. */
  public long input() {
    return input;
  }

  /** Address of the residual. */
  public long residual() {
    return residual;
  }

  /** Address of the weight. */
  public long weight() {
    return weight;
  }

  /** Address of the bias. */
  public long bias() {
    return bias;
  }

  /** Address of the output. */
  public long output() {
    return output;
  }

  /** Address of the sum. */
  public long sum() {
    return sum;
  }
}
