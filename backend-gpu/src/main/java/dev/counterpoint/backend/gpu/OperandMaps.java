package dev.counterpoint.backend.gpu;

import dev.counterpoint.DType;
import dev.counterpoint.WeightLayout;
import dev.counterpoint.spi.GemmSpec;

/**
 * The descriptions of A and B that kernels with a tensor copy engine read through, in the second
 * parameter of their block: written when an address or a stride is not that of the launch before,
 * and kept otherwise. Launches carry them by value, captured ones too, so that nothing on the
 * device changes and no fence is needed. After the first launch nothing is allocated.
 */
final class OperandMaps {
  /** What addresses and pitches must be multiples of. */
  static final int ALIGNMENT = 16;

  private final Driver driver;
  private final DType type;
  private final int k;
  private final int rows;
  private final int aBox;
  private final int innerOfB;
  private final int outerOfB;
  private final int bBox;
  private final int innerBox;
  private final long target;
  private long a;
  private long aPitch;
  private long b;
  private long bPitch;

  /**
   * For launches of one prepared GEMM.
   *
   * @param block the kernel's parameters, with {@link TileGemmMaps} as the second
   */
  OperandMaps(Driver driver, GemmSpec spec, TileConfig config, ParameterBlock block) {
    this.driver = driver;
    type = spec.inputType();
    k = spec.k();
    rows = spec.rows();
    innerBox = config.stageK();
    aBox = config.shape().rows();
    boolean alongK = spec.weightLayout() == WeightLayout.NK;
    innerOfB = alongK ? k : spec.cols();
    outerOfB = alongK ? spec.cols() : k;
    // Each block of a cluster loads its part: of the columns, or of [K, N] some of the k.
    bBox = (alongK ? config.shape().cols() : innerBox) / config.shape().cluster();
    target = block.secondAddress();
  }

  /** Bytes from row to row. */
  long pitch(int stride) {
    return (long) stride * type.bytes();
  }

  /** Whether operands can be described. */
  boolean fit(long newA, long newAPitch, long newB, long newBPitch) {
    return ((newA | newB | newAPitch | newBPitch) & (ALIGNMENT - 1)) == 0
        && newAPitch >= pitch(k)
        && newBPitch >= pitch(innerOfB);
  }

  /** Describes operands that fit. */
  void describe(long newA, long newAPitch, long newB, long newBPitch) {
    if (newA != a || newAPitch != aPitch) {
      a = 0;
      aPitch = newAPitch;
      driver.describeMatrix(target + TileGemmMaps.A, type, newA, k, rows, aPitch, innerBox, aBox);
      a = newA;
    }
    if (newB != b || newBPitch != bPitch) {
      b = 0;
      bPitch = newBPitch;
      driver.describeMatrix(
          target + TileGemmMaps.B, type, newB, innerOfB, outerOfB, bPitch, innerBox, bBox);
      b = newB;
    }
  }

  /** Describes memory of no meaning, so that a first run has something to look at. */
  void describeNothing(long address) {
    describe(address, aligned(pitch(k)), address, aligned(pitch(innerOfB)));
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
